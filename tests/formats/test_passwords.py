"""Passwords that a mail gives for what it carries, and ordinary talk of passwords."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.formats.syntax.passwords import passwords

GIVEN = [
    ("Zip password: 8375", "8375"),
    ("The password for the attached file is U4613.", "U4613"),
    ("Archive pass: Xy12ab", "Xy12ab"),
    ("File password = DSE2", "DSE2"),
    ("Please open it.\n\nPassword\n\n  7788\nRegards", "7788"),
    ("password *9911*", "9911"),
    ('Use the password "invoice2021" to open it', "invoice2021"),
    ("Password 77451", "77451"),
    ("pw: 44321", "44321"),
    ("Das Passwort lautet: 4711abc", "4711abc"),
    ("Kennwort: geheim", "geheim"),
    ("Passwort für die Datei:\nXk99", "Xk99"),
    ("Mot de passe : abc123", "abc123"),
    ("Le mot de passe de l'archive est AB12", "AB12"),
    ("La password è 4455", "4455"),
    ("Parola d'ordine: 5599", "5599"),
    ("contraseña: 12345", "12345"),
    ("La contraseña es Zx81", "Zx81"),
    ("Senha do arquivo: 998877", "998877"),
    ("Het wachtwoord is xyz123", "xyz123"),
    ("hasło: qwe12", "qwe12"),
    ("Heslo je 5566", "5566"),
    ("Lösenord: 7788", "7788"),
    ("Adgangskode: 1234", "1234"),
    ("Passordet er 9988", "9988"),
    ("salasana: kala99", "kala99"),
    ("Şifre: 1122", "1122"),
    ("Пароль: 3344", "3344"),
    ("пароль к архиву 12345", "12345"),
    ("κωδικός: 6677", "6677"),
    ("jelszó: 2244", "2244"),
    ("パスワードは「ab12」です", "ab12"),
    ("解压密码：abc123", "abc123"),
    ("비밀번호: 4321", "4321"),
]

ORDINARY = [
    "password authentication fails on the second node",
    "user name: root, password: 0penBmc",
    "login: admin / password: admin",
    "password=getpass()",
    'char *password = "%s";',
    "if (password == NULL) return;",
    "Forgot your password? Click here",
    "the password is expired",
    "The password is not needed any more",
    "Password must be 8 characters",
    "reset your password: https://contoso.example/reset",
    "Passwords are stored in /etc/shadow",
    "pass=3 fail=2",
    "I will pass: no",
    "test pass: yes",
    "Wolf Pass (S2600WF)",
    "https://meet.contoso.example/j/939?pwd=a2gyYkVpRj12",
    "Meeting ID: 939 688\nPasscode: 859251",
    "mot de passe oublié : cliquez ici",
    "PASSWORD_LENGTH: 12",
]


@pytest.mark.parametrize(("text", "password"), GIVEN)
def test_given(text: str, password: str):
    assert passwords(f"Good morning,\n\n{text}\n") == (password,)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_talk(text: str):
    assert passwords(f"Good morning,\n\n{text}\n") == ()


def test_at_most_five_each_once():
    text = "\n".join(f"password: a{n // 2}" for n in range(40))
    assert passwords(text) == ("a0", "a1", "a2", "a3", "a4")


def test_a_letter_that_grows_when_lowered_moves_nothing():
    assert passwords("İİİ password: U4613") == ("U4613",)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str):
    for each in passwords(f"password {text} password: {text}"):
        assert 2 <= len(each) <= 40


@pytest.mark.parametrize(
    "piece", ["password ", "password: ", "pass\n", "パスワード", "user password:\n\n"]
)
def test_no_text_takes_long(piece: str):
    begun = time.process_time()
    passwords(piece * 100_000)
    assert time.process_time() - begun < 1
