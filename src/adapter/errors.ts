/** What a request fails with, for the user to read. */

/** The request can't be done; the message is one clear sentence. The session goes on. */
export class RequestError extends Error {
  constructor(
    message: string,
    /** The editor shows it in a dialogue. */
    readonly showUser = false,
  ) {
    super(message);
  }
}
