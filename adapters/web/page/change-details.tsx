import type { ChangePart } from './change-card.tsx'

type Details = NonNullable<ChangePart['details']>

/** '12 % of the picture changed' */
export function changedWords(details: Details | undefined): string | undefined {
  const share = details?.changedShare
  if (share === undefined) return undefined
  const figure = share > 0 && share < 0.01 ? 'Less than 1 %' : `${Math.round(share * 100)} %`
  return `${figure} of the picture changed`
}

const seamNames = [
  ['mean', 'Brightness'],
  ['deviation', 'Contrast'],
  ['gradient', 'Texture'],
] as const

/** The figures of a change, for those who want them. */
export function ChangeDetails({ details }: { readonly details: Details }) {
  const { reconstructionError, seam, unetRows } = details
  if (reconstructionError === undefined && seam === undefined && unetRows === undefined) return null
  return (
    <details class="change-details">
      <summary>Details</summary>
      {seam !== undefined && (
        <table>
          <caption>Difference across the mask’s border, in levels of 255</caption>
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">What</span>
              </th>
              <th scope="col">before restoring</th>
              <th scope="col">after</th>
            </tr>
          </thead>
          <tbody>
            {seamNames.map(([key, name]) => (
              <tr key={key}>
                <th scope="row">{name}</th>
                <td>{seam.before[key].toFixed(2)}</td>
                <td>{seam.after[key].toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {reconstructionError !== undefined && (
        <p>Reconstruction error of the source: {reconstructionError.toPrecision(2)}</p>
      )}
      {unetRows !== undefined && <p>Evaluations of the UNet: {unetRows}</p>}
    </details>
  )
}
