"""Which characters a password must hold: TFR203 to TFR206."""

from __future__ import annotations

from tfratchet.rules.password.accounts import REFERENCES
from tfratchet.rules.password.policy import PasswordRule


class UppercaseNotRequired(PasswordRule):
    """Uppercase characters are no longer required.

    ## Why

    Passwords of fewer kinds of characters come from a smaller space and are guessed sooner.

    ## Fires on

    ```hcl
    -  require_uppercase_characters = true
    +  require_uppercase_characters = false
    ```

    ## Silent on

    ```hcl
    -  require_uppercase_characters = true
    +  require_uppercase_characters = "true"
    ```

    A deleted line is told by TFR211.

    ## Fix

    Set `require_uppercase_characters = true`.
    """

    id = "TFR203"
    title = "uppercase characters no longer required"
    controls = ("require_uppercase_characters",)
    references = REFERENCES
    checkov = ("CKV_AWS_15",)


class LowercaseNotRequired(PasswordRule):
    """Lowercase characters are no longer required.

    ## Why

    Passwords of fewer kinds of characters come from a smaller space and are guessed sooner.

    ## Fires on

    ```hcl
    -  require_lowercase_characters = true
    +  require_lowercase_characters = false
    ```

    ## Silent on

    ```hcl
    -  require_lowercase_characters = true
    +  require_lowercase_characters = var.lowercase   # default true
    ```

    A deleted line is told by TFR211.

    ## Fix

    Set `require_lowercase_characters = true`.
    """

    id = "TFR204"
    title = "lowercase characters no longer required"
    controls = ("require_lowercase_characters",)
    references = REFERENCES
    checkov = ("CKV_AWS_11",)


class NumbersNotRequired(PasswordRule):
    """Numbers are no longer required.

    ## Why

    Passwords of fewer kinds of characters come from a smaller space and are guessed sooner.

    ## Fires on

    ```hcl
    -  require_numbers = true
    +  require_numbers = false
    ```

    ## Silent on

    ```hcl
    +  require_numbers = false   # where nothing was set before: that is what unset means
    ```

    A deleted line is told by TFR211.

    ## Fix

    Set `require_numbers = true`.
    """

    id = "TFR205"
    title = "numbers no longer required"
    controls = ("require_numbers",)
    references = REFERENCES
    checkov = ("CKV_AWS_12",)


class SymbolsNotRequired(PasswordRule):
    """Symbols are no longer required.

    ## Why

    Passwords of fewer kinds of characters come from a smaller space and are guessed sooner.

    ## Fires on

    ```hcl
    -  require_symbols = true
    +  require_symbols = false
    ```

    ## Silent on

    ```hcl
    -  require_symbols = false
    +  require_symbols = true
    ```

    A deleted line is told by TFR211.

    ## Fix

    Set `require_symbols = true`.
    """

    id = "TFR206"
    title = "symbols no longer required"
    controls = ("require_symbols",)
    references = REFERENCES
    checkov = ("CKV_AWS_14",)
