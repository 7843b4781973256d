"""dlt's REST client over one vendor's pages; runs in the peers' environment.

PEERS/bin/python benchmarks/peers_rest.py SYSTEM URL COLUMNS SECRETS     prints records, CPU and clock as JSON
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.parse
import urllib.request
from typing import Any


def main() -> None:
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.auth import APIKeyAuth, BearerTokenAuth
    from dlt.sources.helpers.rest_client.paginators import BasePaginator, JSONLinkPaginator, JSONResponseCursorPaginator

    system, url, columns, secrets = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])

    class ById(BasePaginator):
        """kintone's own way: everything behind the last $id."""

        last = 0

        def update_state(self, response: Any, data: Any = None) -> None:
            self._has_next_page = bool(data) and len(data) == 500
            self.last = int(data[-1]["$id"]["value"]) if data else 0

        def update_request(self, request: Any) -> None:
            request.params["query"] = f"$id > {self.last} order by $id asc limit 500"

    def kintone() -> Any:
        client = RESTClient(url, auth=APIKeyAuth("X-Cybozu-API-Token", secrets["KINTONE_TOKEN_1"], "header"))
        params = {"app": "5", "query": "$id > 0 order by $id asc limit 500"}
        params |= {f"fields[{n}]": c for n, c in enumerate(["$id", *columns])}
        return client.paginate("/k/v1/records.json", params=params, paginator=ById(), data_selector="records")

    def hubspot() -> Any:
        client = RESTClient(url, auth=BearerTokenAuth(secrets["HUBSPOT_TOKEN"]))
        paginator = JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_param="after")
        params = {"limit": 100, "properties": ",".join(columns)}
        return client.paginate("/crm/v3/objects/contacts", params=params, paginator=paginator, data_selector="results")

    def salesforce() -> Any:
        form = {"grant_type": "client_credentials", "client_id": secrets["SALESFORCE_CLIENT_ID"],
                "client_secret": secrets["SALESFORCE_CLIENT_SECRET"]}  # fmt: skip
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{url}/services/oauth2/token", body) as answer:  # noqa: S310  loopback
            token = json.load(answer)["access_token"]
        client = RESTClient(url, auth=BearerTokenAuth(token))
        soql = f"SELECT Id, {', '.join(columns)} FROM Contact ORDER BY Id"  # noqa: S608  columns from above
        return client.paginate(
            "/services/data/v66.0/query", params={"q": soql}, data_selector="records",
            paginator=JSONLinkPaginator(next_url_path="nextRecordsUrl"),
        )  # fmt: skip

    pages = {"kintone": kintone, "hubspot": hubspot, "salesforce": salesforce}[system]()
    begun, wall = time.process_time(), time.perf_counter()
    records = sum(1 for page in pages for record in page if record)
    print(json.dumps({"records": records, "cpu": time.process_time() - begun, "wall": time.perf_counter() - wall}))  # noqa: T201


if __name__ == "__main__":
    main()
