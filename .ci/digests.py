"""Was anything lost? Eight short runs of the sample that between them turn every scheduler, PALs
at both places, all pair features and the odd settings; of each the digests of its events (without
clock fields), best weights and predictions. Two commits that print the same lines train the same.

    python .ci/digests.py > new.txt        # beside the same from a clone at another commit
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from palmtl.runs import Run
from palmtl.training import Trainer

try:
    from palmtl.evaluation import load_best
    from palmtl.settings import make_settings
except ImportError:  # commits up to 35bdbb1
    from palmtl.runs import make_settings
    from palmtl.training import load_best

CLOCK = {  # fields that a clock or the machine fills in
    'seconds', 'cpu', 'eval_seconds', 'tokens_per_second', 'floor_ratio', 'cores_shared', 'time',
}  # fmt: skip
RUNS = [
    dict(scheduler='annealed', pairs='concat', n_pals=2, pal_at='attention', accumulate=2),
    dict(scheduler='round_robin', pairs='absdiff', n_pals=2, pal_at='final', pal_shared=False),
    dict(scheduler='dynamic', pairs='cosine', kpi_from='holdout', n_pals=1, pal_init='zero'),
    dict(scheduler='sequential', pairs='cross', pooling='pooler', idle='momentum'),
    dict(scheduler='single', single_task='similarity', pairs='cosine')
    | dict(regression='raw', reset='memory'),
    dict(
        scheduler='sqrt', pairs='concat', pooling='cls', n_pals=2, pal_kind='lowrank',
        pal_gelu='after', bootstrap={'sentiment': 2.0, 'similarity': 1.5},
    ),
    dict(scheduler='proportional', pairs='cross', step_loss='sum', bucketing=False, clip=1.0),
    dict(
        scheduler='dynamic', pairs='absdiff', priority='amtl', dynamic='both', gamma=2.0,
        potentials={'sentiment': 0.6, 'paraphrase': 0.8, 'similarity': 0.7},
    ),
]  # fmt: skip


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def events(run: Path) -> str:
    "The digest of what happened, in order, without what a clock or the machine said."
    lines = []
    for line in (run / 'events.jsonl').read_text().splitlines():
        event = json.loads(line)
        if event['event'] != 'alert':  # some alerts depend on the machine
            lines.append({k: v for k, v in event.items() if k not in CLOCK})
    return digest(json.dumps(lines, sort_keys=True).encode())


def weights(run: Path) -> str:
    "The digest of the best model, however its files are laid out."
    out, (model, _) = hashlib.sha256(), load_best(Run(run))
    for name, value in sorted(model.named_parameters()):
        out.update(name.encode() + value.detach().numpy().tobytes())
    return out.hexdigest()[:16]


def predictions(run: Path) -> str:
    files = sorted((run / 'predictions').iterdir())
    return digest(b''.join(f.name.encode() + f.read_bytes() for f in files))


def main():
    common = dict(epochs=2, steps_per_epoch='40', seed=7, precision='fp32', threads=1)
    for given in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            Trainer(make_settings(**common, **given), runs=Path(folder)).fit()
            run = next(p for p in Path(folder).iterdir() if (p / 'summary.json').exists())
            print(run.name, events(run), weights(run), predictions(run), flush=True)


if __name__ == '__main__':
    sys.exit(main())
