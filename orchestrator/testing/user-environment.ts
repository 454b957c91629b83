/** The environment of a program that a test starts as a user would. */

/** This process' environment without what the test runner puts into it for its own children. */
export function userEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const environment = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('TAP') && !name.startsWith('_TAPJS'),
  );
  return { ...Object.fromEntries(environment), ...more };
}
