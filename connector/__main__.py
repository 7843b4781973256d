"""python -m connector"""

from connector.cli.app import main

if __name__ == "__main__":
    main()
