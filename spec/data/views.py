"""Runs programs of views and in-place writes with PyTorch: views.py PROGRAMS RESULTS.

A program is a line of PROGRAMS, steps with ';' between them (see spec/views_spec.lua, which makes
them).  Tensors are numbered: 0 a leaf of shape (4, 3), 1 its double, 2 zeros that require no
gradient; each view is the next number.  RESULTS has a line for each program: the gradient of the
leaf, or "E n", the number of the step that PyTorch refused (backward is the one after the last).

Where backward was refused, which may save less than PyTorch does, "R" and what the gradient is
follow: the program is run without views and writes.  Memory is a flat tensor, a view is places in
it, and a write makes another flat tensor; with the tape off the values change and the history does
not."""
import contextlib
import sys

import torch

torch.set_num_threads(1)
torch._C._set_warnAlways(False)

VIEWS = {
    "row": lambda t, i, _: t[i],
    "rows": lambda t, a, b: t[a:b],
    "columns": lambda t, a, b: t[..., a:b],
    "transposed": lambda t, _, __: t.transpose(0, 1),
    "unsqueezed": lambda t, _, __: t.unsqueeze(0),
    "diagonal": lambda t, _, __: t.diagonal(),
    "strided": lambda t, a, b: t[a::b],
    "expanded": lambda t, _, __: t.unsqueeze(0).expand(2, *t.shape),
    "detached": lambda t, _, __: t.detach(),
    "part": lambda t, a, b: t.split(a)[b],
    "unbound": lambda t, i, _: t.unbind()[i],
}


def write(t, op, s):
    if op == "set":
        t[0] = s
    elif op == "mask":
        t[t > 0] = s
    else:
        getattr(t, op + "_")(*([] if s is None else [s]))


def leaf():
    x = (torch.arange(12, dtype=torch.float64).reshape(4, 3) - 5) / 8
    return x.requires_grad_()


def text(grad):
    return " ".join(v.hex() for v in grad.flatten().tolist())


def without_writes(steps):
    x = leaf()
    memory = [x.flatten(), (x * 2).flatten(), torch.zeros(12, dtype=torch.float64)]
    views = [(k, torch.arange(12).reshape(4, 3), True) for k in range(3)]
    loss = (x * 0).sum()

    def read(k):
        root, places, tracked = views[k]
        t = memory[root][places]
        return t if tracked else t.detach()

    for step in steps:
        words = step.split()
        off = words[-1] == "off"
        root, places, tracked = views[int(words[1])]
        if words[0] == "view":
            part = VIEWS[words[2]](places, int(words[3]), int(words[4]))
            views.append((root, part, tracked and not off and words[2] != "detached"))
        elif words[0] == "write":
            s = words[3]
            s = None if s == "-" else read(int(s[1:])) if s[0] == "t" else float(s)
            t = read(int(words[1])).clone()
            write(t, words[2], s)
            if not tracked and not off and t.requires_grad:
                return None  # what was detached has a history of its own now
            old = memory[root][places]
            t = t if tracked and not off else old + (t - old).detach()
            memory[root] = memory[root].index_put((places.flatten(),), t.flatten())
        else:
            t = read(int(words[1]))
            loss = loss + ((t * t).sum() if words[0] == "use" else (t * float(words[2])).sum())
    loss.backward()
    return text(x.grad)


def run(line):
    x = leaf()
    tensors = [x, x * 2, torch.zeros(4, 3, dtype=torch.float64)]
    loss = (x * 0).sum()
    steps = line.split(";")
    for n, step in enumerate(steps):
        words = step.split()
        try:
            with torch.no_grad() if words[-1] == "off" else contextlib.nullcontext():
                t = tensors[int(words[1])]
                if words[-1] != "off":
                    t.grad_fn  # brings it up to date; else some views pass for leaves
                if words[0] == "view":
                    tensors.append(VIEWS[words[2]](t, int(words[3]), int(words[4])))
                elif words[0] == "write":
                    s = words[3]
                    s = None if s == "-" else tensors[int(s[1:])] if s[0] == "t" else float(s)
                    write(t, words[2], s)
                elif words[0] == "use":
                    loss = loss + (t * t).sum()
                else:
                    loss = loss + (t * float(words[2])).sum()
        except RuntimeError:
            return f"E {n}"
    try:
        loss.backward()
    except RuntimeError:
        other = without_writes(steps)
        return f"R {other}" if other else f"E {len(steps)}"
    return text(x.grad)


with open(sys.argv[1]) as programs, open(sys.argv[2], "w") as results:
    for program in programs:
        print(run(program.strip()), file=results)
