"""Engine: PyTorch with diffusers and transformers. Takes a job as JSON, answers as engine.ts says, in one line of JSON.

Tasks: unet (one step), vae (decode), vision (LLaVA's tower and projector), gemm (what the machine reaches), and layout
(names and shapes of a checkpoint, from the libraries themselves, without any weights).
"""

import json
import os
import statistics
import sys
import time

JOB = json.loads(sys.argv[1])
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy
import torch
from safetensors import safe_open

torch.set_num_threads(JOB.get("threads", 2))
torch.set_grad_enabled(False)
DTYPE = getattr(torch, JOB.get("dtype", "float32"))


def noise(*shape):
    """The same values as bench/measure.ts's noise, in [-1, 1)."""
    count = int(numpy.prod(shape))
    mixed = (numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(2654435761)) & numpy.uint64(0xFFFFFFFF)
    values = (mixed >> numpy.uint64(8)).astype(numpy.float64) / 2**23 - 1
    return torch.from_numpy(values.astype(numpy.float32)).reshape(shape).to(DTYPE)


def load(model, prefix=""):
    """Puts the checkpoint's weights whose names begin with `prefix` into the model. Returns it as it runs."""
    with safe_open(os.path.join(JOB["folder"], JOB["file"]), "pt") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]
        state = {name[len(prefix) :]: file.get_tensor(name).to(DTYPE) for name in names}
    missing = model.load_state_dict(state, strict=False, assign=True).missing_keys
    if missing:
        raise KeyError(f"the checkpoint has no {missing[:3]}")
    model.eval()
    return model.to(memory_format=torch.channels_last) if JOB.get("channelsLast") else model


def empty(make):
    """A model without memory for its parameters; buffers are real."""
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        return make()


def timed(run):
    begin = time.perf_counter()
    result = run()
    return result, time.perf_counter() - begin


def median_of(run):
    """A run to warm up, then the median of the job's runs."""
    result = run()
    return result, statistics.median(timed(run)[1] for _ in range(JOB["steps"]))


def config_of(name="config.json"):
    with open(os.path.join(JOB["folder"], name)) as file:
        return json.load(file)


def make_unet():
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel.from_config(config_of())


def make_vae():
    from diffusers import AutoencoderKL

    return AutoencoderKL.from_config(config_of())


def make_text():
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(CLIPTextConfig(**config_of()))


def make_tower():
    from transformers import CLIPVisionConfig, CLIPVisionModel

    return CLIPVisionModel(CLIPVisionConfig(**config_of()["vision_config"]))


def make_projector():
    from transformers import LlavaConfig
    from transformers.models.llava.modeling_llava import LlavaMultiModalProjector

    config = LlavaConfig(vision_config=config_of()["vision_config"], text_config=config_of()["text_config"])
    return LlavaMultiModalProjector(config)


def unet():
    model, seconds = timed(lambda: load(empty(make_unet)))
    batch, side, config = JOB["batch"], JOB["side"] // 8, model.config
    sample = noise(batch, config.in_channels, side, side)
    context = noise(batch, 77, config.cross_attention_dim)
    added = None
    if config.addition_embed_type:
        pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
        times = torch.tensor([[JOB["side"], JOB["side"], 0, 0, JOB["side"], JOB["side"]]] * batch, dtype=DTYPE)
        added = {"text_embeds": noise(batch, pooled), "time_ids": times}
    run = lambda: model(sample, torch.full((batch,), 500), context, added_cond_kwargs=added).sample
    output, step = median_of(run)
    return {"load s": seconds, "step s": step}, output


def vae():
    model, seconds = timed(lambda: load(empty(make_vae)))
    latents = noise(1, model.config.latent_channels, JOB["side"] // 8, JOB["side"] // 8)
    output, decode = median_of(lambda: model.decode(latents).sample)
    return {"load s": seconds, "decode s": decode}, output


def vision():
    parts = [(make_tower, JOB["towerPrefix"]), (make_projector, JOB["projectorPrefix"])]
    (tower, projector), seconds = timed(lambda: [load(empty(make), prefix) for make, prefix in parts])
    size = tower.config.image_size
    pixels = noise(1, 3, size, size)
    run = lambda: projector(tower(pixels, output_hidden_states=True).hidden_states[-2][:, 1:])
    output, encode = median_of(run)
    return {"load s": seconds, "encode s": encode}, output


def gemm():
    size = JOB["size"]
    a, b = noise(size, size), noise(size, size)
    _, seconds = median_of(lambda: a @ b)
    channels, side = 320, 64
    x, weight = noise(2, channels, side, side), noise(channels, channels, 3, 3)
    if JOB.get("channelsLast"):
        x, weight = (t.to(memory_format=torch.channels_last) for t in (x, weight))
    _, convolution = median_of(lambda: torch.nn.functional.conv2d(x, weight, padding=1))
    work = 2 * 2 * channels * channels * 9 * side * side
    return {"product GFLOP/s": 2 * size**3 / seconds / 1e9, "convolution GFLOP/s": work / convolution / 1e9}, torch.zeros(1)


def layout():
    """One JSON list of [name, shape]."""
    makers = {"unet": make_unet, "vae": make_vae, "text": make_text, "tower": make_tower, "projector": make_projector}
    with torch.device("meta"):
        model = makers[JOB["model"]]()
    return [[name, list(value.shape)] for name, value in model.named_parameters()]


def peak_bytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def main():
    result = globals()[JOB["task"]]()
    if JOB["task"] == "layout":
        print(json.dumps(result))
        return
    figures, output = result
    values = output.float().contiguous().reshape(-1)
    step = max(1, len(values) // 4096)
    outputs = values[::step][:4096].tolist()
    print(json.dumps({"figures": {**figures, "peakBytes": peak_bytes()}, "outputs": outputs}))


main()
