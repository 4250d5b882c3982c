import type { ComponentChild, ComponentChildren, RefObject } from 'preact'

export interface ButtonProps {
  readonly children: ComponentChildren
  readonly onClick?: ((event: MouseEvent) => unknown) | undefined
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet' | undefined
  readonly type?: 'button' | 'submit' | undefined
  readonly disabled?: boolean | undefined
  /** What a screen reader says, and a tooltip, where the button has only a picture. It is square then. */
  readonly label?: string | undefined
  /** Why it cannot be used, or more than its text says. */
  readonly title?: string | undefined
  /** Whether the menu that it opens is open, where it opens one. */
  readonly isMenuOpen?: boolean | undefined
  readonly buttonRef?: RefObject<HTMLButtonElement | null> | undefined
}

export function Button({ children, onClick, kind = 'plain', type = 'button', disabled, label, title, isMenuOpen, buttonRef }: ButtonProps): ComponentChild {
  const classes = `button button-${kind}${label === undefined ? '' : ' button-icon'}`
  return (
    <button
      type={type}
      class={classes}
      onClick={onClick}
      disabled={disabled}
      aria-label={label}
      aria-haspopup={isMenuOpen === undefined ? undefined : 'menu'}
      aria-expanded={isMenuOpen}
      title={title ?? label}
      ref={buttonRef ?? null}
    >
      {children}
    </button>
  )
}
