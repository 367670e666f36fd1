"""What PyTorch is asked for draws: their dtypes and shapes are what is compared."""
import torch
import oracle


def bernoulli(p):
    x, probability = p["input"], p.get("p")
    if probability is None:
        return torch.bernoulli(x)
    return x.clone().bernoulli_(probability)


def normal(p):
    mean, std = p.get("mean", 0.0), p.get("std", 1.0)
    if oracle.is_tensor(mean) or oracle.is_tensor(std):
        if not oracle.is_tensor(mean):
            return torch.normal(float(mean), std)
        return torch.normal(mean, std if oracle.is_tensor(std) else float(std))
    return torch.normal(float(mean), float(std), p["size"], **oracle.options(p))


def drawn(name, *parameters):
    def run(p):
        return getattr(p["input"].clone(), name)(*(p[k] for k in parameters if k in p))
    return run


OPS = {
    "bernoulli": bernoulli,
    "multinomial": lambda p: torch.multinomial(p["input"], p["num_samples"],
                                               p.get("replacement", False)),
    "normal": normal,
    "normal_": drawn("normal_", "mean", "std"),
    "log_normal": drawn("log_normal_", "mean", "std"),
    "uniform": drawn("uniform_", "from", "to"),
    "exponential": drawn("exponential_", "lambd"),
    "geometric": drawn("geometric_", "p"),
    "cauchy": drawn("cauchy_", "median", "sigma"),
    "random": drawn("random_", "from", "to"),
    "randperm": lambda p: torch.randperm(p["n"], **oracle.options(p)),
}
