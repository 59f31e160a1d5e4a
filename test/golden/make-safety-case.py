"""Makes test/golden/cases/sd/safety_checker: python3 test/golden/make-safety-case.py (standard library only).

A tiny StableDiffusionSafetyChecker with random weights, written in the published layout, and what diffusers' formula
gives for three pictures. Everything is computed here once more, in plain loops and double precision, from the weights
as float32: CLIPVisionModel (pre-norm transformer, quick_gelu), visual_projection, cosines, thresholds with the
special-care adjustment. The thresholds are laid around the cosines so that the three pictures are: not flagged; flagged
without special care; flagged only because special care lowers the thresholds by 0.01.
"""
import json
import math
import os
import random
import struct

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cases', 'sd', 'safety_checker')
HIDDEN, MLP, LAYERS, HEADS, IMAGE, PATCH, WIDTH = 16, 24, 2, 2, 12, 4, 12
CONCEPTS, SPECIAL, PICTURES = 17, 3, 3
EPSILON = 1e-5
PREFIX = 'vision_model.vision_model.'
rng = random.Random(2)


def f32(value):
    return struct.unpack('<f', struct.pack('<f', value))[0]


def normals(*shape, scale=1.0, mean=0.0):
    count = math.prod(shape)
    return {'shape': list(shape), 'data': [f32(mean + scale * rng.gauss(0, 1)) for _ in range(count)]}


def make_weights():
    w = {}

    def linear(name, out, into, bias=True):
        w[name + '.weight'] = normals(out, into, scale=1.4 / math.sqrt(into))
        if bias:
            w[name + '.bias'] = normals(out, scale=0.1)

    def norm(name):
        w[name + '.weight'] = normals(HIDDEN, scale=0.2, mean=1.0)
        w[name + '.bias'] = normals(HIDDEN, scale=0.1)

    tokens = 1 + (IMAGE // PATCH) ** 2
    w[PREFIX + 'embeddings.class_embedding'] = normals(HIDDEN)
    w[PREFIX + 'embeddings.patch_embedding.weight'] = normals(HIDDEN, 3, PATCH, PATCH, scale=0.2)
    w[PREFIX + 'embeddings.position_embedding.weight'] = normals(tokens, HIDDEN, scale=0.5)
    norm(PREFIX + 'pre_layrnorm')
    for layer in range(LAYERS):
        at = f'{PREFIX}encoder.layers.{layer}.'
        norm(at + 'layer_norm1')
        for part in ['q_proj', 'k_proj', 'v_proj', 'out_proj']:
            linear(at + 'self_attn.' + part, HIDDEN, HIDDEN)
        norm(at + 'layer_norm2')
        linear(at + 'mlp.fc1', MLP, HIDDEN)
        linear(at + 'mlp.fc2', HIDDEN, MLP)
    norm(PREFIX + 'post_layernorm')
    linear('visual_projection', WIDTH, HIDDEN, bias=False)
    w['concept_embeds'] = normals(CONCEPTS, WIDTH)
    w['special_care_embeds'] = normals(SPECIAL, WIDTH)
    return w


def linear(w, name, x):
    weight, bias = w[name + '.weight'], w.get(name + '.bias')
    out, into = weight['shape']
    return [sum(weight['data'][o * into + i] * x[i] for i in range(into)) + (bias['data'][o] if bias else 0.0)
            for o in range(out)]


def layer_norm(w, name, x):
    mean = sum(x) / len(x)
    variance = sum((v - mean) ** 2 for v in x) / len(x)
    gain, bias = w[name + '.weight']['data'], w[name + '.bias']['data']
    return [(v - mean) / math.sqrt(variance + EPSILON) * g + b for v, g, b in zip(x, gain, bias)]


def patches(w, pixels):
    """[3 * IMAGE * IMAGE] -> one vector a patch, row by row: a convolution with stride PATCH and no bias."""
    kernel = w[PREFIX + 'embeddings.patch_embedding.weight']['data']
    side = IMAGE // PATCH
    result = []
    for row in range(side):
        for column in range(side):
            vector = []
            for out in range(HIDDEN):
                total = 0.0
                for c in range(3):
                    for y in range(PATCH):
                        for x in range(PATCH):
                            pixel = pixels[(c * IMAGE + row * PATCH + y) * IMAGE + column * PATCH + x]
                            total += kernel[((out * 3 + c) * PATCH + y) * PATCH + x] * pixel
                vector.append(total)
            result.append(vector)
    return result


def attention(w, at, rows):
    width = HIDDEN // HEADS
    q, k, v = ([linear(w, f'{at}self_attn.{part}_proj', row) for row in rows] for part in 'qkv')
    mixed = []
    for i in range(len(rows)):
        out = []
        for head in range(HEADS):
            part = slice(head * width, (head + 1) * width)
            scores = [sum(a * b for a, b in zip(q[i][part], k[j][part])) / math.sqrt(width) for j in range(len(rows))]
            top = max(scores)
            shares = [math.exp(score - top) for score in scores]
            total = sum(shares)
            for n in range(head * width, (head + 1) * width):
                out.append(sum(share * v[j][n] for j, share in enumerate(shares)) / total)
        mixed.append(linear(w, at + 'self_attn.out_proj', out))
    return mixed


def image_embeds(w, pixels):
    rows = [w[PREFIX + 'embeddings.class_embedding']['data']] + patches(w, pixels)
    positions = w[PREFIX + 'embeddings.position_embedding.weight']['data']
    rows = [[v + positions[i * HIDDEN + n] for n, v in enumerate(row)] for i, row in enumerate(rows)]
    rows = [layer_norm(w, PREFIX + 'pre_layrnorm', row) for row in rows]
    for layer in range(LAYERS):
        at = f'{PREFIX}encoder.layers.{layer}.'
        mixed = attention(w, at, [layer_norm(w, at + 'layer_norm1', row) for row in rows])
        rows = [[a + b for a, b in zip(*pair)] for pair in zip(rows, mixed)]
        for i, row in enumerate(rows):
            hidden = linear(w, at + 'mlp.fc1', layer_norm(w, at + 'layer_norm2', row))
            hidden = [v / (1 + math.exp(-1.702 * v)) for v in hidden]
            rows[i] = [a + b for a, b in zip(row, linear(w, at + 'mlp.fc2', hidden))]
    return linear(w, 'visual_projection', layer_norm(w, PREFIX + 'post_layernorm', rows[0]))


def cosines(embeds, table):
    def length(x):
        return max(math.sqrt(sum(v * v for v in x)), 1e-12)
    rows = [table['data'][i * WIDTH:(i + 1) * WIDTH] for i in range(table['shape'][0])]
    return [sum(a * b for a, b in zip(embeds, row)) / (length(embeds) * length(row)) for row in rows]


def judge(cos, special_cos, w):
    """StableDiffusionSafetyChecker.forward, one picture."""
    adjustment, special, concepts = 0.0, [], []
    for index, cosine in enumerate(special_cos):
        if round(cosine - w['special_care_embeds_weights']['data'][index] + adjustment, 3) > 0:
            special.append(index)
            adjustment = 0.01
    for index, cosine in enumerate(cos):
        if round(cosine - w['concept_embeds_weights']['data'][index] + adjustment, 3) > 0:
            concepts.append(index)
    return special, concepts


def lay_thresholds(cos, special_cos):
    """
    Above every cosine, but: two concepts below that of picture 1, one 0.006 above that of picture 2, and one special-care
    concept below that of picture 2. Returns both tables and the judgements that this makes.
    """
    def led_by(picture, rows):
        """Columns in which this picture's cosine is the largest by more than 0.1."""
        others = [row for i, row in enumerate(rows) if i != picture]
        return [c for c, top in enumerate(rows[picture]) if top > max(row[c] for row in others) + 0.1]
    concepts = [max(column) + 0.05 for column in zip(*cos)]
    special = [max(column) + 0.05 for column in zip(*special_cos)]
    flagged, near, careful = led_by(1, cos)[:2], led_by(2, cos)[0], led_by(2, special_cos)[0]
    for concept in flagged:
        concepts[concept] = cos[1][concept] - 0.02
    concepts[near] = cos[2][near] + 0.006
    special[careful] = special_cos[2][careful] - 0.03
    tables = [{'shape': [len(v)], 'data': [f32(x) for x in v]} for v in (concepts, special)]
    return tables, [([], []), ([], flagged), ([careful], [near])]


def write_safetensors(file, tensors):
    header, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        data = struct.pack(f'<{len(tensor["data"])}f', *tensor['data'])
        header[name] = {'dtype': 'F32', 'shape': tensor['shape'], 'data_offsets': [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    with open(file, 'wb') as out:
        out.write(struct.pack('<Q', len(text)) + text + b''.join(parts))


def write_json(file, value):
    with open(file, 'w') as out:
        out.write(json.dumps(value, indent=2) + '\n')


def config():
    vision = {'model_type': 'clip_vision_model', 'hidden_act': 'quick_gelu', 'layer_norm_eps': EPSILON, 'num_channels': 3}
    sizes = {'hidden_size': HIDDEN, 'intermediate_size': MLP, 'num_attention_heads': HEADS,
             'num_hidden_layers': LAYERS, 'image_size': IMAGE, 'patch_size': PATCH}
    return {'architectures': ['StableDiffusionSafetyChecker'], 'model_type': 'clip', 'projection_dim': WIDTH,
            'vision_config': {**vision, 'hidden_size': 1024}, 'vision_config_dict': sizes}


def main():
    model = os.path.join(HERE, 'model')
    os.makedirs(model, exist_ok=True)
    w = make_weights()
    pictures = [normals(3, IMAGE, IMAGE) for _ in range(PICTURES)]
    embeds = [image_embeds(w, picture['data']) for picture in pictures]
    cos = [cosines(row, w['concept_embeds']) for row in embeds]
    special_cos = [cosines(row, w['special_care_embeds']) for row in embeds]
    (w['concept_embeds_weights'], w['special_care_embeds_weights']), meant = lay_thresholds(cos, special_cos)
    judged = [judge(a, b, w) for a, b in zip(cos, special_cos)]
    assert judged == meant, judged
    write_safetensors(os.path.join(model, 'model.safetensors'), w)
    write_json(os.path.join(model, 'config.json'), config())

    def batch(rows, *shape):
        return {'shape': [PICTURES, *shape], 'data': [v for row in rows for v in row]}

    write_safetensors(os.path.join(HERE, 'io.safetensors'), {
        'input.clip_input': batch([picture['data'] for picture in pictures], 3, IMAGE, IMAGE),
        'expected.image_embeds': batch(embeds, WIDTH),
        'expected.cos_dist': batch(cos, CONCEPTS),
        'expected.special_cos_dist': batch(special_cos, SPECIAL),
    })
    write_json(os.path.join(HERE, 'case.json'), {
        'name': 'safety_checker',
        'kind': 'safety_checker',
        'model': 'model',
        'tensors': 'io.safetensors',
        'inputs': {},
        'expected': {
            'special_care': [special for special, _ in judged],
            'bad_concepts': [concepts for _, concepts in judged],
            'has_nsfw_concept': [bool(concepts) for _, concepts in judged],
        },
        'tolerance': {'abs': 2e-5, 'rel': 1e-4},
        'versions': {'made_by': 'test/golden/make-safety-case.py'},
    })


if __name__ == '__main__':
    main()
