"""Most people first meet a notebook on a code host, which shows pictures but runs no JavaScript.

`python .ci/pictures.py` puts a PNG beside every plotly figure in the notebooks' outputs that has
none, or with `--all` beside each of them (needs kaleido, Pillow and a Chrome).
"""

import base64
import io
import json
import sys
from pathlib import Path

import nbformat
import plotly.io as pio
from PIL import Image

from palmtl.plots import PAGE_WIDTH

PLOTLY, PNG = 'application/vnd.plotly.v1+json', 'image/png'
NOTEBOOKS = Path(__file__).resolve().parent.parent / 'nbs'


def small(png: bytes) -> bytes:
    "The same picture in 256 colours: a figure has few, and takes a quarter of the room."
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert('RGB')
    picture.quantize(256, dither=Image.Dither.NONE).save(out, 'png', optimize=True)
    return out.getvalue()


def draw(figure: dict) -> str:  # of layout and data, as a notebook keeps it
    "The figure as a PNG in base64."
    fig = pio.from_json(json.dumps({k: figure[k] for k in ('data', 'layout')}))
    size = dict(width=fig.layout.width or PAGE_WIDTH, height=fig.layout.height or 400)
    return base64.b64encode(small(fig.to_image('png', **size))).decode()


def main():
    for path in sorted(NOTEBOOKS.glob('*.ipynb')):
        notebook = nbformat.read(path, 4)
        outputs = [o.data for c in notebook.cells for o in c.get('outputs', []) if 'data' in o]
        lacking = [d for d in outputs if PLOTLY in d and ('--all' in sys.argv or PNG not in d)]
        for data in lacking:
            data[PNG] = draw(data[PLOTLY])
        if lacking:
            nbformat.write(notebook, path)
            print(f'{path.name}: {len(lacking)} pictures')


if __name__ == '__main__':
    main()
