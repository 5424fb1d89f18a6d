"""Most people first meet a notebook on a code host, which shows pictures but runs no JavaScript.
`python .ci/pictures.py` puts a PNG beside every plotly figure in the notebooks' outputs that has none (needs kaleido and a Chrome)."""
import base64, json
from pathlib import Path
import nbformat, plotly.io as pio

PLOTLY = 'application/vnd.plotly.v1+json'
WIDTH = 860  # what a page of 1,280 pixels has room for, and what chapter 73 measures
for path in sorted((Path(__file__).resolve().parent.parent/'nbs').glob('*.ipynb')):
    nb, n = nbformat.read(path, 4), 0
    for data in [o.data for c in nb.cells for o in c.get('outputs', []) if PLOTLY in o.get('data', {}) and 'image/png' not in o.data]:
        fig = pio.from_json(json.dumps({k: data[PLOTLY][k] for k in ('data', 'layout')}))
        data['image/png'] = base64.b64encode(fig.to_image('png', width=fig.layout.width or WIDTH, height=fig.layout.height or 400)).decode(); n += 1
    if n: nbformat.write(nb, path); print(f'{path.name}: {n} pictures')
