"""The two screenshots in the README, taken anew: `python .ci/screenshots.py [dashboard|explorer]`.

Each is what a cell shows in a real JupyterLab. The dashboard's run is trained first (the synthetic
sample, about a minute); the explorer shows published records. Needs playwright, Pillow and a Chrome.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import nbformat
from pictures import small
from playwright.sync_api import sync_playwright

from palmtl.dev.figures import find_chromium

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / 'nbs' / 'images'
CELLS = dict(
    dashboard="""
from palmtl.dashboard import Dashboard
from palmtl.settings import make_settings
from palmtl.training import Trainer

run = Trainer(make_settings(scheduler='dynamic', n_pals=2)).fit()
dashboard = Dashboard()
dashboard.form.fields['scheduler'].value = 'dynamic'
dashboard.form.fields['n_pals'].value = '2'
dashboard
""",
    explorer="""
from palmtl.explorer import Explorer
from palmtl.run_table import PAIR_FEATURES

explorer = Explorer()
explorer.published.value = True
explorer.filter.value = PAIR_FEATURES
explorer.choose_all()
explorer.view.value = 'difference'
explorer.controls['baseline'].value = 'pairs=concat'
explorer
""",
)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def start_lab(folder):  # (process, address) of a JupyterLab
    "A JupyterLab whose runs are in an empty folder."
    port = free_port()
    options = f'--no-browser --allow-root --port {port} --ServerApp.token=x'.split()
    more = dict(PALMTL_RUNS=str(folder / 'runs'), PYTHONPATH=str(ROOT))
    out = open(folder / 'lab.log', 'w')
    command = [sys.executable, '-m', 'jupyterlab', *options]
    lab = subprocess.Popen(command, cwd=folder, env=os.environ | more, stdout=out, stderr=out)
    address = f'http://127.0.0.1:{port}'
    for _ in range(120):
        try:
            urllib.request.urlopen(f'{address}/api?token=x')
            return lab, address
        except OSError:
            time.sleep(0.5)
    lab.terminate()
    raise SystemExit((folder / 'lab.log').read_text())


def shoot(page, address, folder, name):  # -> PNG
    "Run the cell in the browser, wait until the kernel rests, and take what it shows."
    cell = nbformat.v4.new_code_cell(CELLS[name].strip())
    kernel = dict(kernelspec=dict(name='python3', display_name='Python 3', language='python'))
    nbformat.write(
        nbformat.v4.new_notebook(cells=[cell], metadata=kernel), folder / f'{name}.ipynb'
    )
    page.goto(f'{address}/lab/tree/{name}.ipynb?reset&token=x')
    page.wait_for_selector('.jp-Notebook .jp-CodeCell', timeout=120_000)
    page.get_by_text('| Idle').wait_for(timeout=120_000)
    page.click('.lm-MenuBar-item:has-text("Run")')
    page.click('.lm-Menu-item:has-text("Run All Cells") >> nth=0')
    shown = page.locator('.jp-Notebook .jp-OutputArea-output').first
    shown.locator('.js-plotly-plot').first.wait_for(timeout=600_000)
    page.wait_for_timeout(5000)  # for the figures that are drawn last
    return shown.screenshot()


def main(names):
    with tempfile.TemporaryDirectory() as box, sync_playwright() as p:
        folder = Path(box)
        (folder / 'runs').mkdir()
        lab, address = start_lab(folder)
        try:
            browser = p.chromium.launch(executable_path=find_chromium(), args=['--no-sandbox'])
            page = browser.new_page(viewport=dict(width=1320, height=2300))
            for name in names:
                (IMAGES / f'{name}.png').write_bytes(small(shoot(page, address, folder, name)))
                print(f'nbs/images/{name}.png')
            browser.close()
        finally:
            lab.terminate()


if __name__ == '__main__':
    main(sys.argv[1:] or list(CELLS))
