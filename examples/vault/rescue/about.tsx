import type { ComponentChild } from 'preact'

/** Put in by the build. */
declare const rescuePageVersion: string

/** What this page is, for whoever finds it in many years. */
export function About({ file }: { readonly file: string }): ComponentChild {
  return (
    <footer class="about">
      <details>
        <summary>What this page is, and other ways to open the file</summary>
        <p>
          Rescue page of Coffer {rescuePageVersion}. It is one HTML file with everything in it. Keep it beside the vault’s file, and a copy of both somewhere else.
          The password is in neither.
        </p>
        <p>The same file also opens</p>
        <ul>
          <li>
            with the <code>coffer</code> command of Node.js (<code>@coffer/cli</code>), with the key file beside it: <code>coffer ls {file}</code>
          </li>
          <li>
            with PyCoffer, a Python program (<code>pip install pycoffer</code>), with the raw keys;
          </li>
          <li>
            with a program of your own, after <cite>docs/FORMAT.md</cite> of Coffer, “The coffer file”: chunks of libsodium’s secretbox (XSalsa20-Poly1305),
            Fernet or AES-128-OCB; zstd (RFC 8878); tar (POSIX.1-2001); the keyring by Argon2id and XChaCha20-Poly1305.
          </li>
        </ul>
        <p>The licences of the programs in this page are in its source.</p>
      </details>
    </footer>
  )
}
