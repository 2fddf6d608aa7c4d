/** What the repositories of the outside whose name begins with `private` want. Apart, because suites in workerd need it too. */
export const GIT_USER = "robot";
export const GIT_PASSWORD = "a-password-for-git";
