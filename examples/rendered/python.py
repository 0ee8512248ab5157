"""Python renders the pages and serves the files. modcast runs as a process of its own, at another port.

    modcast serve public --allow-origin http://127.0.0.1:8000
    python3 python.py 8000 http://127.0.0.1:4321
"""

import html
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

PORT = int(sys.argv[1])
REGISTRY = sys.argv[2]
PUBLIC = os.environ.get("SITE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "public"))

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    {tags}
    <title>{name}</title>
    <script type="module" data-modcast="module" src="/main.mjs"></script>
  </head>
  <body><output data-name="{name}"></output></body>
</html>
"""


class Tags:
    """modcast's tags for the head of a page, as long as they are current."""

    def __init__(self):
        query = urllib.parse.urlencode({"origin": REGISTRY, "entry": "main.mjs"})
        self.url = f"{REGISTRY}/-/channels/dev/head.html?{query}"
        self.etag = None
        self.text = ""

    def get(self):
        request = urllib.request.Request(self.url)
        if self.etag is not None:
            request.add_header("If-None-Match", self.etag)
        try:
            with urllib.request.urlopen(request, timeout=1) as response:
                self.etag = response.headers["ETag"]
                self.text = response.read().decode()
        except urllib.error.HTTPError as error:
            # 304: the text is current. 404: the channel has no deploy, and the page runs without modcast.
            if error.code != 304:
                self.etag, self.text = None, ""
        except OSError:
            # No registry: the page runs without modcast.
            self.etag, self.text = None, ""
        return self.text


TAGS = Tags()


class Handler(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def __init__(self, *args):
        super().__init__(*args, directory=PUBLIC)

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if not path.startswith("/hello/"):
            return super().do_GET()
        name = html.escape(urllib.parse.unquote(path.removeprefix("/hello/")))
        body = PAGE.format(tags=TAGS.get(), name=name).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print(f"http://127.0.0.1:{PORT}/hello/Ada", flush=True)
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
