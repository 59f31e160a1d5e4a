import type { WirePart } from '../wire.ts'
import { Icon } from './icons.tsx'

/** A file that came of a job: to open in a tab of its own where that is safe, and to save. */
export function FileCard({ file }: { readonly file: Extract<WirePart, { readonly type: 'file' }> }) {
  return (
    <div class="file-card">
      <Icon name="file" />
      <span class="file-name">
        {file.name}
        <small>{size(file.sizeBytes)}</small>
      </span>
      {file.mediaType.startsWith('text/html') && (
        <a class="button primary" href={file.url} target="_blank" rel="noopener noreferrer">
          <Icon name="open" /> Open
        </a>
      )}
      <a class="button" href={file.downloadUrl} download={file.name} aria-label={`Save ${file.name}`}>
        <Icon name="download" /> Save
      </a>
    </div>
  )
}

const size = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
