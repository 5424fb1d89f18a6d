"""For the rehearsal: packages that the machine with the GPU lacks are hidden here too."""

import sys
from importlib.machinery import PathFinder

LACKING = {
    'papermill', 'nbdev', 'execnb', 'ipywidgets', 'anywidget', 'traitlets', 'submitit', 'IPython',
    'ipykernel', 'jupyterlab', 'nbformat', 'playwright', 'hypothesis', 'datasets', 'torchjd',
}  # fmt: skip


class Hide(PathFinder):
    "Looks everywhere but for these, so that they are not found, as if they were not there."

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.split('.')[0] in LACKING:
            return None
        return super().find_spec(name, path, target)


sys.meta_path[:] = [Hide if finder is PathFinder else finder for finder in sys.meta_path]
