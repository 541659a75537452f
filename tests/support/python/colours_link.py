"""The link that compares batch sizes in stock TensorBoard: what follows the server's address."""

import urllib.parse

QUERY = "?" + urllib.parse.urlencode({
    "runColorGroup": r"regex:BatchSize=(\d+)",
    "smoothing": 0,
    "tagFilter": "_vs_",
}) + "#timeseries"
