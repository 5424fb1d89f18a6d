"""The cells of the notebooks that are flagged `cuda`, run without nbdev and Jupyter.

A flagged cell needs names that other cells of its notebook define. Which ones is read off the
syntax: for every name that is used and not yet there, the last cell before that defines it is run
first. Exported names come from the package.
"""

import builtins
import importlib
import json
import re
import symtable
from pathlib import Path


def notebook_cells(path: Path) -> list:  # the source of its code cells
    "Code cells, as text."
    cells = json.loads(path.read_text())['cells']
    return [''.join(c['source']) for c in cells if c['cell_type'] == 'code']


def flags(source: str) -> set:
    "The directives at the top of a cell."
    return {m.split()[0] for m in re.findall(r'^#\| *(.*)$', source, re.M)}


def defined(source: str) -> set:
    "Names that a cell binds at its top level."
    table = symtable.symtable(source, 'cell', 'exec')
    return {x.get_name() for x in table.get_symbols() if x.is_assigned() or x.is_imported()}


def used(source: str) -> set:
    "Names that a cell takes from outside, also within its functions."
    top = symtable.symtable(source, 'cell', 'exec')
    out = {x.get_name() for x in top.get_symbols() if x.is_referenced()} - defined(source)
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        out |= {x.get_name() for x in table.get_symbols() if x.is_global()} - defined(source)
    return out


def plan(sources: list, last: int, known: set) -> list:  # numbers of cells, in order
    "The cells before `last` that must run before it, and itself."
    made = [defined(s) for s in sources[:last]]
    chosen, queue = {last}, [last]
    while queue:
        at = queue.pop()
        for name in used(sources[at]) - known:
            makers = [i for i in range(at) if name in made[i]]
            if makers and makers[-1] not in chosen:
                chosen.add(makers[-1])
                queue.append(makers[-1])
    return sorted(chosen)


def run_flagged(path: Path, flag: str = 'cuda', change=lambda source: source) -> int:  # cells run
    "Run every cell with that flag, each after what it needs."
    sources = notebook_cells(path)
    exported = [s for s in sources if 'default_exp' in flags(s)]
    space = {'__name__': '__main__'}
    if exported:
        name = re.search(r'default_exp (\S+)', exported[0]).group(1)
        space |= vars(importlib.import_module(f'palmtl.{name}'))
        space['__name__'] = '__main__'
    for source in sources:
        if 'import *' in source:  # what comes from there has no names to look for
            exec(compile(source, str(path), 'exec'), space)
    own = [i for i, s in enumerate(sources) if not flags(s) & {'export', 'exporti', 'default_exp'}]
    kept = [sources[i] if i in own else '' for i in range(len(sources))]
    done, count = set(), 0
    for i in own:
        if flag not in flags(sources[i]):
            continue
        for j in plan(kept, i, set(space) | set(dir(builtins))):
            if j not in done:
                exec(compile(change(sources[j]), f'{path.name}, cell {j}', 'exec'), space)
                done.add(j)
        count += 1
    return count
