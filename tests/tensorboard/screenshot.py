"""Takes the documents' pictures: a page of stock TensorBoard on a directory of runs.

PYTHONPATH=tests/support/python tests/run_python.sh tests/tensorboard/screenshot.py LOGDIR PICTURE.png
"""

import argparse

from browser import Browser
from colours_link import QUERY
from plugin_pages import PluginPage
from tensorboard_page import TimeSeriesPage
from tensorboard_server import TensorBoardServer
from waiting import wait_until

LINKED_TAGS = ("batch_accuracy_vs_samples", "batch_loss_vs_samples",
               "evaluation_accuracy_vs_iterations", "evaluation_loss_vs_iterations")
# What the pages of plug-ins show once they have loaded.
PLUGIN_CONTENT = {"hparams": "vaadin-grid-cell-content", "histograms": "tf-histogram-loader"}


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("logdir")
    parser.add_argument("picture", help="the PNG to write")
    parser.add_argument("tags", nargs="*", metavar="TAG",
                        help="charts of the page Time Series (default: what the trainer's link "
                             "shows, each batch size in one colour)")
    parser.add_argument("--page", choices=PLUGIN_CONTENT, help="take this page instead")
    parser.add_argument("--filter", default="", help="a regular expression for that page's tags")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1240)
    return parser.parse_args(arguments)


def show_time_series(browser, server, tags):
    if tags:
        page = TimeSeriesPage.with_tags(browser, server, "|".join(f"^{tag}$" for tag in tags))
    else:
        page = TimeSeriesPage(browser, f"{server.url}/{QUERY}")
        tags = LINKED_TAGS
    page.hide_settings()
    wait_until(lambda: all(map(page.drawn_lines().get, tags)), f"lines for {', '.join(tags)}")


def show_plugin(browser, server, name, tag_filter):
    fragment = f"{name}&tagFilter={tag_filter}" if tag_filter else name
    PluginPage(browser, server, fragment).wait_for(
        lambda page: page.texts(PLUGIN_CONTENT[name]), f"the page {name}")


def main(arguments=None):
    options = parse_arguments(arguments)
    with (TensorBoardServer(options.logdir) as server,
          Browser(width=options.width, height=options.height) as browser):
        if options.page:
            show_plugin(browser, server, options.page, options.filter)
        else:
            show_time_series(browser, server, options.tags)
        # When nothing moves any more, all lines are drawn.
        wait_until(lambda: browser.picture() == browser.picture(), "a picture that stands still")
        # With 256 colours the files are half as large, without a visible difference.
        browser.picture().quantize(256).save(options.picture, optimize=True)


if __name__ == "__main__":
    main()
