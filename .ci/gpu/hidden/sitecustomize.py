"""For the rehearsal: packages that the machine with the GPU lacks are hidden here too."""

import sys

LACKING = {
    'papermill', 'nbdev', 'execnb', 'ipywidgets', 'anywidget', 'traitlets', 'submitit', 'IPython',
    'ipykernel', 'jupyterlab', 'nbformat', 'playwright', 'hypothesis', 'datasets', 'torchjd',
}  # fmt: skip


class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in LACKING:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)


sys.meta_path.insert(0, Hide())
