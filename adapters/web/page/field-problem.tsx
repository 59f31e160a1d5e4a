/** What is wrong with a form, said at once to those who listen; nothing when nothing is. */
export const FieldProblem = ({ text }: { readonly text: string | undefined }) =>
  text === undefined ? null : (
    <p class="field-problem" role="alert">
      {text}
    </p>
  )
