"""The part after the server's address of the link that compares batch sizes in stock
TensorBoard."""

import urllib.parse

QUERY = "?" + urllib.parse.urlencode({
    "runColorGroup": r"regex:BatchSize=(\d+)",
    "smoothing": 0,
    "tagFilter": "_vs_",
}) + "#timeseries"
