import type { ComponentChild, ComponentChildren } from 'preact'

export interface ButtonProps {
  readonly children: ComponentChildren
  readonly onClick?: ((event: MouseEvent) => unknown) | undefined
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet' | undefined
  readonly type?: 'button' | 'submit' | undefined
  readonly disabled?: boolean | undefined
  /** What a screen reader says where the button has only a picture. */
  readonly label?: string | undefined
}

export function Button({ children, onClick, kind = 'plain', type = 'button', disabled, label }: ButtonProps): ComponentChild {
  return (
    <button type={type} class={`button button-${kind}`} onClick={onClick} disabled={disabled} aria-label={label} title={label}>
      {children}
    </button>
  )
}
