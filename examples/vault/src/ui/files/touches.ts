/** How long a finger rests on a row to select it. */
const LONG_PRESS_MS = 450
const MOST_MOVE = 10

/** Tells a long press of a finger from a tap and from scrolling. */
export class LongPress {
  #timer: ReturnType<typeof setTimeout> | undefined
  #start = { x: 0, y: 0 }
  #isLong = false
  /** Whether a finger, and not a mouse, was last. */
  isTouch = false

  begin({ pointerType, clientX: x, clientY: y }: PointerEvent, onLong: () => void): void {
    this.isTouch = pointerType === 'touch'
    this.#isLong = false
    this.end()
    if (!this.isTouch) return
    this.#start = { x, y }
    this.#timer = setTimeout(() => {
      this.#isLong = true
      onLong()
    }, LONG_PRESS_MS)
  }

  move({ clientX, clientY }: PointerEvent): void {
    if (Math.hypot(clientX - this.#start.x, clientY - this.#start.y) > MOST_MOVE) this.end()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  /** Whether the click that comes now is the end of a long press, and no tap. */
  takeClick(): boolean {
    const isLong = this.#isLong
    this.#isLong = false
    return isLong
  }
}
