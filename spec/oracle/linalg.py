"""What PyTorch is asked for linear algebra."""
import torch

LA = torch.linalg


def infinite(v):
    """JSON has infinities only as texts or huge numbers."""
    if isinstance(v, str) and v.lstrip("-") in ("inf", "math.huge", "1/0"):
        return float("-inf") if v.startswith("-") else float("inf")
    return v


def in_float(f):
    """The oracle computes in float32 what PyTorch says is not there for halves; its words differ."""
    def run(p):
        for x in p.values():
            if isinstance(x, torch.Tensor) and x.dtype in (torch.float16, torch.bfloat16):
                raise RuntimeError("not implemented for halves")
        return f(p)
    return run


def real(result):
    """Eigenvalues are complex there."""
    if isinstance(result, torch.Tensor):
        return result.real
    return tuple(r.real for r in result)


def lstsq(p):
    a, b = p["A"], p["B"]
    vector = b.dim() == a.dim() - 1
    b = b.unsqueeze(-1) if vector else b
    driver = p.get("driver", "gelsy")
    x, _, rank, values = LA.lstsq(a, b, rcond=p.get("rcond"), driver=driver)
    m, n = a.shape[-2:]
    left = a.new_zeros(0)
    if m > n and a.numel() > 0:
        left = (a @ x - b).square().sum(-2)
    if driver == "gels":
        rank = torch.full(a.shape[:-2], min(m, n))
    return x.squeeze(-1) if vector else x, left, rank, values


def norm(f, name):
    def run(p):
        args = {"ord": infinite(p["ord"])} if "ord" in p else {}
        if p.get("dim"):
            args["dim"] = p["dim"]
        return f(p[name], keepdim=p.get("keepdim", False), **args)
    return run


def tolerances(f):
    def run(p):
        x = p.get("A", p.get("input"))
        return f(x, rtol=p.get("rtol"), atol=p.get("atol"))
    return run


OPS = {
    "linalg.solve": lambda p: LA.solve(p["A"], p["B"], left=p.get("left", True)),
    "linalg.solve_triangular": lambda p: LA.solve_triangular(
        p["A"], p["B"], upper=p.get("upper", False), left=p.get("left", True),
        unitriangular=p.get("unitriangular", False)),
    "linalg.cholesky": lambda p: LA.cholesky(p["A"], upper=p.get("upper", False)),
    "cholesky_solve": lambda p: torch.cholesky_solve(p["input"], p["input2"],
                                                     upper=p.get("upper", False)),
    "cholesky_inverse": lambda p: torch.cholesky_inverse(p["input"], upper=p.get("upper", False)),
    "linalg.qr": lambda p: LA.qr(p["A"], mode=p.get("mode", "reduced")),
    "linalg.lu": lambda p: LA.lu(p["A"]), "linalg.lu_factor": lambda p: LA.lu_factor(p["A"]),
    "linalg.svd": lambda p: LA.svd(p["A"], full_matrices=p.get("full_matrices", True)),
    "linalg.eig": lambda p: real(LA.eig(p["A"])),
    "linalg.eigvals": lambda p: real(LA.eigvals(p["A"])),
    "linalg.matrix_rank": tolerances(LA.matrix_rank),
    "linalg.pinv": tolerances(LA.pinv), "pinverse": tolerances(LA.pinv),
    "linalg.lstsq": lstsq,
    "linalg.vector_norm": norm(LA.vector_norm, "input"),
    "linalg.matrix_norm": norm(LA.matrix_norm, "A"),
    "linalg.norm": norm(LA.norm, "A"),
    "linalg.cond": lambda p: LA.cond(p["A"], infinite(p["p"])) if "p" in p else LA.cond(p["A"]),
    "linalg.multi_dot": lambda p: LA.multi_dot(p["tensors"]),
}

for name in "linalg.inv linalg.det linalg.slogdet linalg.svdvals linalg.eigh linalg.eigvalsh".split():
    OPS[name] = (lambda f: lambda p: f(*p.values()))(getattr(LA, name[7:]))
for name in "inverse det slogdet logdet".split():
    OPS[name] = (lambda f: lambda p: f(*p.values()))(getattr(torch, name))
OPS["linalg.matrix_power"] = lambda p: LA.matrix_power(p["A"], p["n"])
OPS["matrix_power"] = lambda p: torch.matrix_power(p["input"], p["n"])
OPS = {name: in_float(f) for name, f in OPS.items()}
