"""Pages as a browser requests and reads them."""

from __future__ import annotations

from html.parser import HTMLParser

HTML = {"Accept": "text/html"}


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += f"{data} "

    def links(self):
        """Where the page leads."""
        return [attrs for tag, attrs in self.found if tag == "a" and "href" in attrs]
