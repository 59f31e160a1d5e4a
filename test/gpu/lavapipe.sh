#!/usr/bin/env bash
# Mesa 25's software Vulkan (lavapipe) from Debian's bookworm-backports, unpacked into a folder of its own: nothing is
# installed and no root is needed. Prints the variables that make onnxruntime's WebGPU find it:
#   eval "$(test/gpu/lavapipe.sh ~/.cache/lavapipe)"
#   npm run golden -- test/golden/cases --device webgpu
set -euo pipefail
folder=${1:?usage: test/gpu/lavapipe.sh FOLDER}
mkdir -p "$folder"/{lists/partial,cache/archives/partial,debs,root}
folder=$(cd "$folder" && pwd)
key=/usr/share/keyrings/debian-archive-keyring.gpg
for suite in bookworm bookworm-backports; do
  echo "deb [signed-by=$key] http://deb.debian.org/debian $suite main"
done >"$folder/sources.list"
apt=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o Debug::NoLocking=1)
driver=$folder/root/usr/lib/x86_64-linux-gnu/libvulkan_lvp.so
if [ ! -e "$driver" ]; then
  apt-get "${apt[@]}" update -qq >&2
  new=/bookworm-backports
  (cd "$folder/debs" && apt-get "${apt[@]}" download -qq "mesa-vulkan-drivers$new" "mesa-libgallium$new" \
    "libdrm2$new" "libdrm-amdgpu1$new" "libdrm-intel1$new" libvulkan1 >&2)
  for package in "$folder"/debs/*.deb; do dpkg-deb -x "$package" "$folder/root"; done
fi
sed "s#\"library_path\": *\"[^\"]*\"#\"library_path\": \"$driver\"#" "$folder/root/usr/share/vulkan/icd.d/lvp_icd.json" \
  >"$folder/lavapipe.json"
echo "export VK_ICD_FILENAMES=$folder/lavapipe.json"
echo "export LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
