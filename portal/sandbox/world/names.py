"""Invented company, place and person names of several countries."""

import random
import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country with the vocabulary of its company names."""

    code: str
    language: str
    region: str
    top_level: str
    suffixes: tuple[str, ...]
    towns: tuple[str, ...]
    trades: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace("_", " ").split("|"))


COUNTRIES = (
    Country(
        "NL",
        "nl-NL",
        "EUR",
        "nl",
        _words("B.V.|N.V.|V.O.F."),
        _words("Utrecht|Zwolle|Breda|Delft|Leeuwarden|Arnhem|Hoorn|Venlo"),
        _words("Installatietechniek|Logistiek|Accountants|Bouw|Zorggroep|Notarissen|Tuinbouw|Advies"),
        _words("Anouk|Bram|Daan|Femke|Jeroen|Lotte|Maarten|Sanne|Thijs|Wouter"),
        _words("de_Boer|Bakker|Dijkstra|Hoekstra|Jansen|Kuiper|Mulder|Smit|Visser|van_Dam"),
    ),
    Country(
        "DE",
        "de-DE",
        "EUR",
        "de",
        _words("GmbH|AG|GmbH_&_Co._KG|e.K."),
        _words("Kassel|Freiburg|Jena|Münster|Regensburg|Bremen|Ulm|Erfurt"),
        _words("Maschinenbau|Steuerberatung|Elektrotechnik|Spedition|Pflegedienst|Druckerei|Architekten|Großhandel"),
        _words("Anke|Björn|Claudia|Dieter|Jürgen|Katrin|Lukas|Mareike|Stefan|Uwe"),
        _words("Becker|Fischer|Hoffmann|Keller|Krüger|Lange|Müller|Schäfer|Vogel|Weiß"),
    ),
    Country(
        "FR",
        "fr-FR",
        "EUR",
        "fr",
        _words("SARL|SAS|SA|et_Fils"),
        _words("Nantes|Dijon|Rennes|Annecy|Limoges|Pau|Amiens|Nîmes"),
        _words("Menuiserie|Vignobles|Conseil|Transports|Imprimerie|Clinique|Bâtiment|Électricité"),
        _words("Adèle|Benoît|Camille|Étienne|Hélène|Julien|Margaux|Noé|Théo|Zoé"),
        _words("Bernard|Blanchard|Chevalier|Dufour|Fontaine|Girard|Lambert|Mercier|Rousseau|Vidal"),
    ),
    Country(
        "GB",
        "en-GB",
        "GBR",
        "co.uk",
        _words("Ltd|LLP|plc|and_Sons"),
        _words("Harrogate|Truro|Perth|Ludlow|Durham|Cardiff|Norwich|Bath"),
        _words("Solicitors|Joinery|Freight|Surveyors|Dental_Care|Brewery|Engineering|Lettings"),
        _words("Alice|Callum|Edith|Fergus|Harriet|Imogen|Oliver|Rhys|Sophie|Tom"),
        _words("Ashworth|Bennett|Carver|Fairfax|Hughes|Lockwood|Marsh|Pritchard|Sinclair|Whitaker"),
    ),
    Country(
        "US",
        "en-US",
        "NAM",
        "com",
        _words("Inc.|LLC|Group|Partners"),
        _words("Boise|Duluth|Savannah|Tulsa|Spokane|Madison|Reno|Toledo"),
        _words("Roofing|Orthodontics|Insurance|Manufacturing|Realty|Veterinary|Foods|Logistics"),
        _words("Aaron|Brianna|Carlos|Dana|Erin|Grace|Jamal|Kayla|Miguel|Tyler"),
        _words("Anderson|Brooks|Coleman|Diaz|Foster|Hayes|Nguyen|Ortega|Reed|Sullivan"),
    ),
    Country(
        "ES",
        "es-ES",
        "EUR",
        "es",
        _words("S.L.|S.A.|y_Asociados"),
        _words("León|Murcia|Vigo|Girona|Cádiz|Burgos|Huesca|Toledo"),
        _words("Bodegas|Abogados|Transportes|Cerámicas|Talleres|Gestoría|Conservas|Ingeniería"),
        _words("Álvaro|Begoña|Carmen|Diego|Elena|Iñaki|Lucía|Marta|Pablo|Rocío"),
        _words("Aguilar|Castro|Domínguez|Fuentes|Herrera|Ibáñez|Moreno|Peña|Rivas|Soler"),
    ),
    Country(
        "DK",
        "da-DK",
        "EUR",
        "dk",
        _words("A/S|ApS|I/S"),
        _words("Aarhus|Esbjerg|Randers|Skagen|Kolding|Roskilde|Viborg|Svendborg"),
        _words("Rederi|Byg|Revision|Møbler|Arkitekter|Autohus|Bageri|Energi"),
        _words("Astrid|Bjarne|Freja|Henrik|Ida|Kasper|Mette|Rasmus|Signe|Søren"),
        _words("Andersen|Bach|Dahl|Friis|Holm|Kjær|Lund|Møller|Nørgaard|Østergaard"),
    ),
    Country(
        "PL",
        "pl-PL",
        "EUR",
        "pl",
        _words("Sp._z_o.o.|S.A.|i_Wspólnicy"),
        _words("Gdynia|Lublin|Opole|Rzeszów|Toruń|Kielce|Gliwice|Sopot"),
        _words("Budownictwo|Transport|Meble|Kancelaria|Drukarnia|Medyk|Ogrody|Stal"),
        _words("Agnieszka|Bartosz|Ewa|Grzegorz|Jakub|Katarzyna|Łukasz|Małgorzata|Paweł|Zofia"),
        _words("Adamczyk|Borkowski|Dąbrowski|Górski|Jabłoński|Kowalczyk|Lis|Nowicki|Sikora|Wójcik"),
    ),
)


def company(rng: random.Random) -> tuple[str, Country]:
    """Invent a company name with its country."""
    country = rng.choices(COUNTRIES, weights=(24, 16, 10, 14, 14, 8, 8, 6))[0]
    head = rng.choice(country.family if rng.random() < 0.6 else country.towns)
    return f"{head[0].upper()}{head[1:]} {rng.choice(country.trades)} {rng.choice(country.suffixes)}", country


def person(rng: random.Random, country: Country) -> tuple[str, str]:
    """Invent a given and a family name."""
    return rng.choice(country.given), rng.choice(country.family)


_SPECIAL = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "&": " "})


def slug(text: str) -> str:
    """Lower-case ASCII letters and digits of a text, usable in a domain name."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPECIAL)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", plain.lower())
