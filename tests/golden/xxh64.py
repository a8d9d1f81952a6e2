"""The hash of base/hash64.hpp, for goldens that are kept as hashes."""

MASK = (1 << 64) - 1


def xxh64(data):
    """XXH64 with seed 0, of 32 bytes or more, a multiple of 8. Source: xxHash fast digest algorithm, version 0.1.1."""
    p1, p2, p3, p4 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63
    p5 = 0x27D4EB2F165667C5
    rotl = lambda x, r: (x << r | x >> (64 - r)) & MASK
    step = lambda acc, lane: rotl((acc + lane * p2) & MASK, 31) * p1 & MASK
    lanes = [int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data), 8)]
    acc = [(p1 + p2) & MASK, p2, 0, -p1 & MASK]
    whole = len(lanes) // 4 * 4
    for i in range(whole):
        acc[i % 4] = step(acc[i % 4], lanes[i])
    h = sum(rotl(a, r) for a, r in zip(acc, (1, 7, 12, 18))) & MASK
    for a in acc:
        h = ((h ^ step(0, a)) * p1 + p4) & MASK
    h = (h + len(data)) & MASK
    for lane in lanes[whole:]:
        h = (rotl(h ^ step(0, lane), 27) * p1 + p4) & MASK
    h = (h ^ (h >> 33)) * p2 & MASK
    h = (h ^ (h >> 29)) * p3 & MASK
    return h ^ (h >> 32)
