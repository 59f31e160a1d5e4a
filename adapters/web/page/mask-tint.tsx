import type { WireImage } from '../wire.ts'
import { BlobImage } from './blob-image.tsx'

/** A picture with its mask as a colour over it: what is white in the mask is coloured. */
export const MaskTint = ({ image, mask }: { readonly image: WireImage; readonly mask: WireImage }) => (
  <div class="mask-tint" role="img" aria-label={`${image.alt}, with the part that is drawn anew marked`}>
    <BlobImage image={image} />
    <div class="mask-colour" style={{ maskImage: `url("${mask.url}")` }} />
  </div>
)
