/**
 * Spherical interpolation from a (share 0) to b (share 1) of two arrays of one length, as used for Gaussian noise:
 * every point on the way has the length of noise, which a straight line would not (Shoemake, SIGGRAPH 1985).
 */
export function slerp(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)))
  const sine = Math.sin(angle)
  if (sine < 1e-6) return a.map((value, i) => (1 - share) * value + share * b[i]!)
  const [left, right] = [Math.sin((1 - share) * angle) / sine, Math.sin(share * angle) / sine]
  return a.map((value, i) => left * value + right * b[i]!)
}
