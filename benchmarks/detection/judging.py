"""Train the judges of `annotator.analysis.candidates.judge`, with PyTorch; minutes for each on two cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from annotator.analysis.candidates.judge import SHAPES, hung
from annotator.analysis.candidates.patches import SIDE
from annotator.analysis.candidates.sieve import LIMIT

CHANNELS = {"close": (1, 24, 32, 48), "wide": (1, 16, 24, 32), "maps": (4, 16, 24)}
JOINED = {"close": 64, "wide": 48, "maps": 32}
NUMBERS, BOTH = 64, 64
LEFT_OUT = 0.1
BATCH = 1536
RATE, DECAY = 3e-3, 1e-2

Arrays = dict[str, Any]


class _Branch(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        channels, side = CHANNELS[name], SIDE
        steps: list[nn.Module] = []
        for k, (square, step) in enumerate(SHAPES[name]):
            steps += [nn.Conv2d(channels[k], channels[k + 1], square, step), nn.ReLU()]
            side = (side - square) // step + 1
        self.side = side
        self.steps = nn.Sequential(*steps)
        self.joined = nn.Linear(channels[-1] * side**2, JOINED[name])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.joined(self.steps(images).flatten(1)))

    def arrays(self, name: str) -> Arrays:
        """As `read_judge` reads them: inputs by row, column, channel."""
        made: Arrays = {}
        convolutions = [step for step in self.steps if isinstance(step, nn.Conv2d)]
        for k, layer in enumerate(convolutions):
            weight = layer.weight.detach().permute(2, 3, 1, 0)
            made[f"{name}_{k}"] = weight.reshape(-1, weight.shape[-1]).numpy()
            made[f"{name}_{k}_start"] = _plain(layer.bias)
        joined = self.joined.weight.detach().reshape(JOINED[name], -1, self.side, self.side)
        made[f"{name}_joined"] = joined.permute(2, 3, 1, 0).reshape(-1, JOINED[name]).numpy()
        made[f"{name}_joined_start"] = _plain(self.joined.bias)
        return made


class _Network(nn.Module):
    def __init__(self, numbers: int, *, maps: bool) -> None:
        super().__init__()
        self.branches = nn.ModuleDict({name: _Branch(name) for name in JOINED if maps or name != "maps"})
        self.numbers = nn.Linear(numbers, NUMBERS)
        self.both = nn.Linear(NUMBERS + sum(JOINED[name] for name in self.branches), BOTH)
        self.last = nn.Linear(BOTH, 1)
        self.leave_out = nn.Dropout(LEFT_OUT)
        nn.init.constant_(self.last.bias, -3.0)

    def forward(
        self, numbers: torch.Tensor, pictures: torch.Tensor, maps: torch.Tensor | None
    ) -> torch.Tensor:
        parts = [
            self.branches["close"](pictures[:, :1]),
            self.branches["wide"](pictures[:, 1:]),
            torch.relu(self.numbers(numbers)),
        ]
        if maps is not None:
            parts.append(self.branches["maps"](maps))
        both = torch.relu(self.both(self.leave_out(torch.cat(parts, 1))))
        return torch.Tensor(self.last(self.leave_out(both))[:, 0])

    def arrays(self) -> Arrays:
        made: Arrays = {}
        for name, branch in self.branches.items():
            assert isinstance(branch, _Branch)
            made |= branch.arrays(name)
        for name in ("numbers", "both"):
            layer = getattr(self, name)
            made |= {name: layer.weight.detach().T.numpy(), f"{name}_start": _plain(layer.bias)}
        return made | {"last": _plain(self.last.weight[0]), "last_start": _plain(self.last.bias)[0]}


def fit_judge(
    numbers: np.ndarray,
    pictures: np.ndarray,
    maps: np.ndarray | None,
    true: np.ndarray,
    weight: np.ndarray,
    *,
    epochs: int,
    seed: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Arrays:
    """Arrays of a judge that says of each row whether it is true, by Adam on the log loss.

    Each batch is turned or mirrored at random, pictures and maps alike.
    """
    torch.manual_seed(seed)
    mean = np.average(numbers, axis=0, weights=weight)
    deviation = np.sqrt(np.average((numbers - mean) ** 2, axis=0, weights=weight)) + 1e-6
    squeezed = torch.from_numpy(np.clip((numbers - mean) / deviation, -LIMIT, LIMIT).astype(np.float32))
    target, worth = (torch.from_numpy(np.asarray(v, np.float32)) for v in (true, weight))
    network = _Network(squeezed.shape[1], maps=maps is not None).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * (len(target) // BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps + 1, pct_start=0.1)
    for epoch in range(epochs):
        order, total = torch.randperm(len(target)), 0.0
        for begin in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[begin : begin + BATCH]
            way = int(torch.randint(8, (1,)))
            seen = _hung(pictures[rows.numpy()].reshape(-1, 2, SIDE, SIDE), way)
            beside = None if maps is None else _hung(maps[rows.numpy()], way)
            with torch.autocast("cpu", torch.bfloat16):
                odds = network(squeezed[rows], seen, beside)
            loss = (
                nn.functional.binary_cross_entropy_with_logits(
                    odds.float(), target[rows], worth[rows], reduction="sum"
                )
                / worth[rows].sum()
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            pace.step()
            total += float(loss.detach())
        tell(f"epoch {epoch + 1} of {epochs}: {total * BATCH / len(target):.4f}")
    return {"mean": mean.astype(np.float32), "deviation": deviation.astype(np.float32), **network.arrays()}


def _hung(images: np.ndarray, way: int) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(hung(images, way), np.float32))


def _plain(values: torch.Tensor) -> np.ndarray:
    return np.asarray(values.detach().numpy())
