#!/usr/bin/env bash
# Brings the engines that bench/references compares with. They are no part of the project: all of it goes into one
# folder outside the repository, which may be deleted at any time. What is there already is left as it is.
#   bench/references/setup.sh [--folder DIR] [llama] [torch] [sdcpp]      default: all three, ~/.cache/llmga-bench
# llama: npm's node-llama-cpp with llama.cpp's prebuilt binaries (0.7 GB). torch: a virtual environment of Python with
# PyTorch, diffusers and transformers (6 GB: PyPI's PyTorch does not start without the CUDA libraries). sdcpp:
# stable-diffusion.cpp, built here (C++ compiler and cmake needed; 10 minutes of two cores).
set -euo pipefail

folder="$HOME/.cache/llmga-bench"
parts=()
while [ $# -gt 0 ]; do
  case "$1" in
    --folder) folder="$2"; shift 2 ;;
    llama | torch | sdcpp) parts+=("$1"); shift ;;
    *) echo "unknown part: $1 (llama, torch, sdcpp)" >&2; exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(llama torch sdcpp)
mkdir -p "$folder"

llama() {
  [ -e "$folder/llama/node_modules/node-llama-cpp/package.json" ] && return
  mkdir -p "$folder/llama"
  echo '{ "private": true }' > "$folder/llama/package.json"
  npm install --prefix "$folder/llama" --ignore-scripts --no-audit --no-fund node-llama-cpp@3.22.1
}

python_environment() {
  [ -x "$folder/torch/bin/pip" ] || python3 -m venv "$folder/torch"
}

torch() {
  python_environment
  "$folder/torch/bin/python" -c 'import torch, diffusers, transformers, accelerate' 2> /dev/null && return
  "$folder/torch/bin/pip" install torch==2.15.0 diffusers==0.42.1 transformers==5.23.0 accelerate==1.15.0
}

sdcpp() {
  python_environment
  "$folder/torch/bin/python" -c 'import stable_diffusion_cpp' 2> /dev/null && return
  CMAKE_ARGS=-DGGML_NATIVE=ON CMAKE_BUILD_PARALLEL_LEVEL="$(nproc)" \
    "$folder/torch/bin/pip" install stable-diffusion-cpp-python==0.4.7
}

for part in "${parts[@]}"; do
  echo "$part: setting up in $folder"
  "$part"
done
du -sh "$folder"/*
