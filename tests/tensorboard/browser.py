"""A headless Chromium, and a way to find things in TensorBoard's page.

TensorBoard nests shadow roots, and puts a page into a frame, so all searches go through all of
them.
"""

import io
import shutil
import tempfile

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync --no-proxy-server
    --hide-scrollbars --force-device-scale-factor=1""".split()

# Calls visit(element) for every element of the page, through all shadow roots and frames.
WALK = """
    const walk = (node, visit) => {
        for (const element of node.querySelectorAll('*')) {
            visit(element);
            if (element.shadowRoot) walk(element.shadowRoot, visit);
            if (element.contentDocument) walk(element.contentDocument, visit);
        }
    };
"""


def find_browser():
    """The paths of a browser and its driver; None for a missing one."""
    browsers = [path for path in map(shutil.which, BROWSERS) if path]
    driver = shutil.which("chromedriver")
    return (browsers[0], driver) if browsers and driver else None


class Browser:
    """A window with its own profile, open during a `with` block."""

    def __init__(self, width=1500, height=1200):
        self._size = f"--window-size={width},{height}"

    def __enter__(self):
        binary, driver = find_browser()
        self._profile = tempfile.TemporaryDirectory(
            prefix="chromium_profile_", ignore_cleanup_errors=True
        )
        options = webdriver.ChromeOptions()
        options.binary_location = binary
        for flag in (*FLAGS, self._size, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        try:
            self._driver = webdriver.Chrome(options=options, service=Service(driver))
        except BaseException:
            self._profile.cleanup()
            raise
        return self

    def __exit__(self, *_):
        self._driver.quit()
        self._profile.cleanup()

    def open(self, url):
        # The URL may differ from the current one only after the '#'. The blank page forces a
        # reload.
        self._driver.get("about:blank")
        self._driver.get(url)

    def run(self, script, *arguments):
        """The result of a JavaScript function with this body, run in the page."""
        return self._driver.execute_script(WALK + script, *arguments)

    def texts(self, selector):
        """The text of each visible element that matches."""
        return self.run(
            """
            const texts = [];
            walk(document, element => {
                if (element.matches(arguments[0]) && element.getClientRects().length)
                    texts.push(element.textContent.trim());
            });
            return texts;
            """,
            selector,
        )

    def click(self, selector):
        """Clicks what matches; returns how many elements did."""
        return self.run(
            """
            const found = [];
            walk(document, element => { if (element.matches(arguments[0])) found.push(element); });
            const click = new MouseEvent('click', {bubbles: true, composed: true});
            found.forEach(element => element.dispatchEvent(click));
            return found.length;
            """,
            selector,
        )

    def picture(self):
        """A screenshot of the window, with one pixel for each pixel of the page."""
        return Image.open(io.BytesIO(self._driver.get_screenshot_as_png())).convert("RGB")
