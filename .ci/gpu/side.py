"""One of several runs side by side: side.py SETTINGS FOLDER NUMBER. It says `ready`, then trains
for as many seconds as each line of its standard input asks for, and says how many steps it did."""

import json
import sys
import time
from pathlib import Path

import torch
from palmtl.settings import make_settings
from palmtl.training import Trainer


def main():
    given, folder, number = json.loads(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    t = Trainer(make_settings(**given, seed=number), folder / str(number))
    t.restore()
    for _ in range(150 if t.device.type == 'cuda' else 3):
        t.train_step()
    t.read_losses()
    print('ready', flush=True)
    for line in sys.stdin:
        first, began = t.step, time.perf_counter()
        while time.perf_counter() < began + float(line):
            t.train_step()
        t.read_losses()
        if t.device.type == 'cuda':
            torch.cuda.synchronize()
        seconds = time.perf_counter() - began
        print(json.dumps(dict(steps=t.step - first, seconds=seconds)), flush=True)


if __name__ == '__main__':
    main()
