/** One action after the other, in the order of the calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(action, action)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
