"""Tensors, data and one package as small files, and back."""

import hashlib
import importlib.metadata
import json
import lzma
import re
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np


def read_safetensors(path: Path) -> tuple:  # ({name: {dtype, shape, data_offsets}}, bytes)
    "Header and body of a safetensors file."
    raw = path.read_bytes()
    (length,) = struct.unpack('<Q', raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop('__metadata__', None)
    return header, raw[8 + length :]


def not_packable(path: Path) -> str:  # '' if there is none
    "A tensor of weights that is not fp32, which `pack_tensors` would not know how to round."
    try:
        header, _ = read_safetensors(path)
    except (ValueError, struct.error):
        return 'it is no safetensors file'
    for name, entry in header.items():
        if entry['dtype'] != 'F32' and not entry['dtype'].startswith(('I', 'U', 'BOOL')):
            return f'{name} is {entry["dtype"]}; fp32 was expected'
    return ''


def code_digest(root: Path) -> str:
    "Of the code that a day runs."
    files = [*root.glob('palmtl/**/*.py'), *root.glob('.ci/gpu/**/*.py')]
    out = hashlib.sha256()
    for path in sorted(files):
        out.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return out.hexdigest()[:16]


def words_of(tokenizer: Path, files) -> np.ndarray:  # ids, in order
    "The words that some files hold, and all special ones."
    from tokenizers import Tokenizer

    tok = Tokenizer.from_file(str(tokenizer))
    tok.no_truncation()
    tok.no_padding()
    found = {i for w, i in tok.get_vocab().items() if w.startswith('[')}
    for path in files:
        lines = path.read_text(encoding='utf-8').splitlines()
        for line in tok.encode_batch(lines):
            found.update(line.ids)
    return np.array(sorted(found))


def pack_tensors(path: Path, to: Path, words: np.ndarray) -> dict:  # what a record must say of them
    "All fp32 tensors rounded to fp16, their high and low bytes apart; of the word table some rows."
    header, body = read_safetensors(path)
    parts, shapes, furthest = [], {}, 0.0
    for name, entry in header.items():
        if entry['dtype'] != 'F32':
            continue  # positions 0, 1, 2, ... of old checkpoints; see `not_packable`
        values = np.frombuffer(body[slice(*entry['data_offsets'])], '<f4')
        if name.endswith('word_embeddings.weight'):
            values = only_rows(values.reshape(entry['shape']), words).reshape(-1)
        half = values.astype('<f2')
        assert np.isfinite(half).all(), f'{name} does not fit into fp16'
        furthest = max(furthest, float(np.abs(half.astype('<f4') - values).max(initial=0)))
        parts.append(half)
        shapes[name] = entry['shape']
    planes = np.concatenate(parts).view(np.uint8).reshape(-1, 2)
    (to / 'encoder.json').write_text(json.dumps(shapes))
    (to / 'encoder.high.xz').write_bytes(lzma.compress(planes[:, 1].tobytes(), preset=6))
    (to / 'encoder.low.xz').write_bytes(lzma.compress(planes[:, 0].tobytes(), preset=1))
    return dict(
        rounded='fp16',
        words=len(words),  # rows of the word table that are there; the others are zero
        furthest=furthest,  # of a weight from what it was
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),  # of the file before
    )


def only_rows(table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    "The table with zeros in all other rows: words that the data do not hold need not travel."
    out = np.zeros_like(table)
    out[rows] = table[rows]
    return out


def unpack_tensors(pack: Path, to: Path):
    "Write `model.safetensors` in fp32 from what `pack_tensors` left."
    shapes = json.loads((pack / 'encoder.json').read_text())
    high = np.frombuffer(lzma.decompress((pack / 'encoder.high.xz').read_bytes()), np.uint8)
    low = np.frombuffer(lzma.decompress((pack / 'encoder.low.xz').read_bytes()), np.uint8)
    values = np.stack([low, high], 1).reshape(-1).view('<f2').astype('<f4')
    header, start = {}, 0
    for name, shape in shapes.items():
        end = start + 4 * int(np.prod(shape))
        header[name] = dict(dtype='F32', shape=shape, data_offsets=[start, end])
        start = end
    head = json.dumps(header).encode()
    head += b' ' * (-len(head) % 8)
    to.write_bytes(struct.pack('<Q', len(head)) + head + values.tobytes())


def wheel_of(package: str, to: Path) -> str:  # its file name
    "An installed pure Python package as a file from which Python imports."
    found = importlib.metadata.distribution(package)
    name = f'{re.sub("[-.]+", "_", package)}-{found.version}-py3-none-any.whl'
    with zipfile.ZipFile(to / name, 'w', zipfile.ZIP_DEFLATED) as file:
        for path in sorted(found.files, key=str):
            if str(path).endswith(('.so', '.pyd')):
                raise ValueError(f'{package} is not pure Python: {path}')
            if path.parts[0] != '..' and path.suffix != '.pyc':
                file.write(path.locate(), str(path))
    return name


def extract(tar: tarfile.TarFile, to: Path):
    "All files of an archive; the first releases of Python 3.11 know no filter."
    tar.extractall(to, **dict(filter='data') if hasattr(tarfile, 'data_filter') else {})


def unpack(pack: Path, to: Path) -> dict:  # about.json, and where the wheel is
    "The encoder as `minilm` and the data as `data/cs224n`, where palmtl finds them."
    about = json.loads((pack / 'about.json').read_text())
    (to / 'minilm').mkdir(parents=True, exist_ok=True)
    with tarfile.open(pack / 'encoder.tar') as tar:
        extract(tar, to / 'minilm')
    unpack_tensors(pack, to / 'minilm' / 'model.safetensors')
    with tarfile.open(pack / 'data.tar.xz') as tar:
        extract(tar, to / 'data' / 'cs224n')
    return about | dict(wheel_path=str((pack / about['wheel']).resolve()))
