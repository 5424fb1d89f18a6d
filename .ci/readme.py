"README.md is nbs/index.ipynb as markdown: `python .ci/readme.py` writes it, `--check` says whether it is current."
import json, re, sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent

def output(o): # one output of a cell
    "Its markdown or its text; figures are in files, which the notebook's text names."
    data = o.get('data', {'text/plain': o.get('text', '')})
    text = lambda kind: ''.join(data.get(kind, ''))
    if 'text/markdown' in data: return text('text/markdown')
    plain = text('text/plain').rstrip().lstrip('\n') # a table's first line may begin with blanks
    return '' if 'image/png' in data or not plain else f"```\n{plain}\n```"

def readme(notebook):
    "Markdown cells as they are; code cells with their outputs, or only these after `#| echo: false`."
    parts = []
    for c in notebook['cells']:
        lines = ''.join(c['source']).split('\n')
        marks, code = [l for l in lines if l.startswith('#|')], '\n'.join(l for l in lines if not l.startswith('#|')).strip()
        if c['cell_type']=='markdown': parts.append(code)
        if c['cell_type']!='code' or '#| hide' in marks: continue
        if '#| echo: false' not in marks: parts.append(f'```python\n{code}\n```')
        parts += [re.sub('\n```\n\n```\n', '\n', '\n\n'.join(filter(None, map(output, c['outputs']))))] # lines printed one by one stand together
    note = '<!-- Made from nbs/index.ipynb by .ci/readme.py: change the notebook, not this file. -->'
    return re.sub(r'\]\(((images/)?[\w-]+\.(ipynb|png))\)', r'](nbs/\1)', '\n\n'.join([note]+[p for p in parts if p]))+'\n' # links count from the root

text, path = readme(json.loads((root/'nbs'/'index.ipynb').read_text(encoding='utf-8'))), root/'README.md'
if '--check' in sys.argv: sys.exit(0 if path.exists() and path.read_text(encoding='utf-8')==text else 'README.md is not what nbs/index.ipynb says: run `python .ci/readme.py`')
path.write_text(text, encoding='utf-8')
