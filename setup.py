"Everything about the package stands in settings.ini; this only hands it to setuptools."

from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

here = Path(__file__).parent
ini = ConfigParser(delimiters=['='])
ini.read(here / 'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
readme = here / 'README.md'

setup(
    name=cfg['lib_name'],
    version=cfg['version'],
    license='Apache-2.0',
    description=cfg['description'],
    author=cfg['author'],
    python_requires=f'>={cfg["min_python"]}',
    packages=[cfg['lib_path']],
    # so that an editable installation is a path, which comes before a clone of the same name in
    # the current folder
    package_dir={'': '.'},
    package_data={cfg['lib_path']: ['static/*']},
    install_requires=cfg['requirements'].split(),
    extras_require=dict(
        dev=cfg['dev_requirements'].split(),
        gradients=['torchjd[cagrad,quadprog-projector]==0.18.*'],
        hub=['datasets>=4'],
        pictures=['kaleido>=1'],
    ),
    long_description=readme.read_text(encoding='utf-8') if readme.exists() else '',
    long_description_content_type='text/markdown',
    include_package_data=True,
    zip_safe=False,
)
