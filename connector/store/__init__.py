"""The state: links, ends, holds, runs, journal, cursors and the lock, on SQLite or PostgreSQL."""
