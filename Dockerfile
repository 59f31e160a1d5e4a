# syntax=docker/dockerfile:1
# Two images from one file: the last stage, `cpu`, is the default; `docker build --target cuda .` makes the one for NVIDIA GPUs.

# The dependencies without those of the tests. onnxruntime's CUDA libraries are not in its npm package: its install script
# fetches them, and .npmrc forbids scripts, so the stage for CUDA calls it by name.
FROM node:22-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM dependencies AS dependencies-cuda
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js

# The sources run as they are (tsx): nothing is compiled.
FROM node:22-slim AS sources
WORKDIR /app
COPY package.json tsconfig.json LICENSE NOTICE ./
COPY bin bin
COPY config config
COPY models models
COPY adapters adapters
COPY src src

# CUDA 12 and cuDNN 9, which onnxruntime loads; the driver comes from the host (NVIDIA Container Toolkit).
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04 AS cuda
COPY --from=node:22-slim /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=dependencies-cuda /app/node_modules node_modules
COPY --from=sources /app ./
RUN useradd --system --uid 1001 --create-home --home-dir /home/llmga llmga && mkdir -p /data /cache && chown llmga /data /cache
ENV NODE_ENV=production LLMGA_DATA_DIR=/data LLMGA_CACHE_DIR=/cache LLMGA_HTTP_HOST=0.0.0.0 LLMGA_DEVICE=cuda
USER llmga
VOLUME ["/data", "/cache"]
EXPOSE 7860
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.LLMGA_HTTP_PORT||7860)+'/health').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "--import", "tsx", "src/main.ts"]

FROM node:22-slim AS cpu
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=sources /app ./
RUN mkdir -p /data /cache && chown node /data /cache
ENV NODE_ENV=production LLMGA_DATA_DIR=/data LLMGA_CACHE_DIR=/cache LLMGA_HTTP_HOST=0.0.0.0
USER node
VOLUME ["/data", "/cache"]
EXPOSE 7860
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.LLMGA_HTTP_PORT||7860)+'/health').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "--import", "tsx", "src/main.ts"]
