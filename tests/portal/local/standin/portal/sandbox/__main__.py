"""Stands in for the simulated cloud: listens, and says so in `ready.json`."""

import argparse
import http.server
import json
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--organizations", type=int, required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--catalogue", type=Path, required=True)
parser.add_argument("--latency", type=int)
options = parser.parse_args()
server = http.server.HTTPServer(("127.0.0.1", options.port), http.server.BaseHTTPRequestHandler)
url = f"https://localhost:{server.server_port}"
clouds = {"O365Default": {"exchange_url": url}}
ready = {"url": url, "clouds": clouds, "ca_file": str(options.data / "ca.pem"), "pid": os.getpid()}
(options.data / "ready.json").write_text(json.dumps(ready), encoding="utf-8")
server.serve_forever()
