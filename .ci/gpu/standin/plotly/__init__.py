"""plotly where it is not installed: enough to import what could draw, nothing to draw with."""


class Missing:
    "Stands for every class and function of plotly."

    def __init__(self, *args, **kw):
        raise ImportError('plotly is not installed here, so nothing can be drawn')


def __getattr__(name):
    if name.startswith('__'):
        raise AttributeError(name)
    return Missing
