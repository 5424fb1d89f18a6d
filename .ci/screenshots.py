"""The two screenshots in the README, taken anew: `python .ci/screenshots.py [dashboard|explorer]`.

Each is what a cell shows in a real JupyterLab. The dashboard's run is trained first (the synthetic
sample, about a minute); the explorer shows published records. Needs playwright, Pillow, a Chrome.
"""

import sys
import tempfile
from pathlib import Path

import nbformat
from pictures import small

from palmtl.dev.browser import Lab, Notebook, in_browser

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


def write_notebook(folder, name):
    "A notebook of the one cell."
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELLS[name].strip())])
    notebook.metadata.kernelspec = dict(name='python3', display_name='Python 3')
    nbformat.write(notebook, folder / f'{name}.ipynb')


def shoot(page, lab, name):  # -> PNG
    "Run the cell in the browser, and take what it shows."
    page.set_default_timeout(600_000)  # the first cell trains
    notebook = Notebook(page, lab, f'{name}.ipynb')
    notebook.open()
    notebook.run_all('.jp-OutputArea-output .js-plotly-plot')
    page.wait_for_timeout(5000)  # for the figures that are drawn last
    return page.locator('.jp-Notebook .jp-OutputArea-output').first.screenshot()


def main(names):
    with tempfile.TemporaryDirectory() as box, Lab(box, Path(box) / 'runs') as lab:
        for name in names:
            write_notebook(lab.notebooks, name)
            picture = in_browser(lambda page: shoot(page, lab, name), 1320, 2300)
            (IMAGES / f'{name}.png').write_bytes(small(picture))
            print(f'nbs/images/{name}.png')


if __name__ == '__main__':
    main(sys.argv[1:] or list(CELLS))
