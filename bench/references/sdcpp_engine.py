"""Engine: stable-diffusion.cpp through stable-diffusion-cpp-python. Draws a picture and times its steps and its decode.

A step is the time between two calls of the library's progress callback; what follows the last one is the decode.
"""

import json
import os
import statistics
import sys
import time

JOB = json.loads(sys.argv[1])

from stable_diffusion_cpp import StableDiffusion


def peak_bytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def bundle():
    """A folder as diffusers lays it out, of links to the three parts."""
    for part in ("unet", "vae", "text_encoder"):
        folder = os.path.join(JOB["bundle"], part)
        os.makedirs(folder, exist_ok=True)
        link = os.path.join(folder, os.path.basename(JOB[part]))
        if not os.path.exists(link):
            os.symlink(JOB[part], link)
    return JOB["bundle"]


model = bundle()
begin = time.perf_counter()
engine = StableDiffusion(
    model_path=model,
    n_threads=JOB["threads"],
    wtype=JOB["wtype"],
    diffusion_flash_attn=JOB["flashAttention"],
    diffusion_conv_direct=JOB["directConvolution"],
    vae_conv_direct=JOB["directConvolution"],
    vae_decode_only=True,
    prediction="eps",
    verbose=JOB.get("verbose", False),
)
loaded = time.perf_counter() - begin
times = []
pictures = engine.generate_image(
    prompt="a red fox in the snow",
    width=JOB["side"],
    height=JOB["side"],
    cfg_scale=7.0,
    sample_method="euler",
    sample_steps=JOB["steps"] + 1,
    seed=1,
    progress_callback=lambda step, steps, seconds: times.append((step, steps, time.perf_counter())),
)
end = time.perf_counter()
moments = [at for step, steps, at in times if steps == JOB["steps"] + 1]
gaps = [b - a for a, b in zip(moments, moments[1:])]
figures = {"load s": loaded, "step s": statistics.median(gaps[-JOB["steps"] :]), "decode s": end - times[-1][2]}
print(json.dumps({"figures": {**figures, "peakBytes": peak_bytes()}, "outputs": []}))
