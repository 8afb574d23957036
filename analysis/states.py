"""States: their names and the words for what and who belongs to them."""

from functools import lru_cache

_STATES = """
Afghanistan Afghan Afghans|Albania Albanian Albanians|Algeria Algerian Algerians
|Angola Angolan Angolans|Argentina Argentine Argentinian Argentines|Armenia Armenian Armenians
|Australia Australian Australians|Austria Austrian Austrians|Azerbaijan Azerbaijani Azerbaijanis
|Bahrain Bahraini Bahrainis|Bangladesh Bangladeshi Bangladeshis|Belarus Belarusian Belarusians
|Belgium Belgian Belgians|Benin Beninese|Bolivia Bolivian Bolivians|Bosnia Bosnian Bosnians
|Botswana|Brazil Brazilian Brazilians|Britain British Britons|Bulgaria Bulgarian Bulgarians
|Burkina_Faso|Burundi Burundian|Cambodia Cambodian Cambodians|Cameroon Cameroonian Cameroonians
|Canada Canadian Canadians|Central_African_Republic|Chad Chadian Chadians|Chile Chilean Chileans
|China Chinese|Colombia Colombian Colombians|Congo Congolese|Costa_Rica Costa_Rican
|Croatia Croatian Croatians|Cuba Cuban Cubans|Cyprus Cypriot|Czech_Republic Czech Czechs
|Denmark Danish Danes|Djibouti|Dominican_Republic|Ecuador Ecuadorian Ecuadorians
|Egypt Egyptian Egyptians|El_Salvador Salvadoran Salvadorans|Eritrea Eritrean Eritreans
|Estonia Estonian Estonians|Ethiopia Ethiopian Ethiopians|Finland Finnish Finns
|France French|Gabon|Gambia|Georgia Georgian Georgians|Germany German Germans|Ghana Ghanaian
|Greece Greek Greeks|Guatemala Guatemalan Guatemalans|Guinea|Haiti Haitian Haitians
|Honduras Honduran Hondurans|Hungary Hungarian Hungarians|Iceland|India Indian Indians
|Indonesia Indonesian Indonesians|Iran Iranian Iranians|Iraq Iraqi Iraqis|Ireland Irish
|Israel Israeli Israelis|Italy Italian Italians|Ivory_Coast Ivorian|Jamaica Jamaican
|Japan Japanese|Jordan Jordanian Jordanians|Kazakhstan Kazakh Kazakhs|Kenya Kenyan Kenyans
|Kosovo Kosovar|Kuwait Kuwaiti Kuwaitis|Kyrgyzstan Kyrgyz|Laos Laotian|Latvia Latvian
|Lebanon Lebanese|Liberia Liberian|Libya Libyan Libyans|Lithuania Lithuanian|Madagascar
|Malawi|Malaysia Malaysian Malaysians|Maldives Maldivian|Mali Malian Malians|Mauritania Mauritanian
|Mexico Mexican Mexicans|Moldova Moldovan|Mongolia Mongolian|Montenegro Montenegrin
|Morocco Moroccan Moroccans|Mozambique Mozambican|Myanmar Burmese|Namibia Namibian|Nepal Nepalese
|Netherlands Dutch|New_Zealand|Nicaragua Nicaraguan Nicaraguans|Niger Nigerien
|Nigeria Nigerian Nigerians|North_Korea North_Korean|Norway Norwegian Norwegians|Oman Omani Omanis
|Pakistan Pakistani Pakistanis|Palestine Palestinian Palestinians|Panama Panamanian Panamanians
|Paraguay Paraguayan|Peru Peruvian Peruvians|Philippines Philippine Filipino Filipinos
|Poland Polish Poles|Portugal Portuguese|Qatar Qatari Qataris|Romania Romanian Romanians
|Russia Russian Russians|Rwanda Rwandan Rwandans|Saudi_Arabia Saudi Saudis|Senegal Senegalese
|Serbia Serbian Serbs|Sierra_Leone|Singapore|Slovakia Slovak|Slovenia Slovenian
|Somalia Somali Somalis
|South_Africa South_African|South_Korea South_Korean|South_Sudan|Spain Spanish Spaniards
|Sri_Lanka Sri_Lankan|Sudan Sudanese|Sweden Swedish Swedes|Switzerland Swiss|Syria Syrian Syrians
|Taiwan Taiwanese|Tajikistan Tajik Tajiks|Tanzania Tanzanian|Thailand Thai|Togo Togolese
|Tunisia Tunisian Tunisians|Turkey Turkish Turks|Turkmenistan Turkmen|Uganda Ugandan Ugandans
|Ukraine Ukrainian Ukrainians|United_Arab_Emirates Emirati Emiratis
|United_Kingdom|United_States American Americans|Uruguay Uruguayan|Uzbekistan Uzbek Uzbeks
|Venezuela Venezuelan Venezuelans|Vietnam Vietnamese|Yemen Yemeni Yemenis|Zambia Zambian
|Zimbabwe Zimbabwean
"""

REGIONS = frozenset(
    "Africa African America Asia Asian Europe European Europeans Eurasia Eurasian Arab Arabs "
    "Arabic West Western Westerners East Eastern North Northern South Southern Central Levant "
    "Kurdish Kurds Kurd Kurdistan Sahel Caucasus Balkans Gulf Mediterranean Sinai Pashtun Pashtuns "
    "Baloch Turkic Uyghur Uyghurs Uighur Uighurs Hispanic Latin Caribbean Islam Islamic Islamist "
    "Islamists Muslim Muslims Sunni Sunnis Shia Shiite Shiites Christian Christians Christianity "
    "Catholic Jew Jews Jewish Hindu Hindus Sikh Sikhs Salafi Salafist Sufi Yazidi Yazidis Yezidi "
    "English Sharia Quran Koran Caliphate Soviet".split()
)
"""Regions, peoples and beliefs: capitalised, and no actor by themselves."""


@lru_cache(maxsize=1)
def states() -> frozenset[str]:
    """Return the names of states, as English texts on conflicts write them."""
    return frozenset(entry[0] for entry in _entries())


@lru_cache(maxsize=1)
def demonyms() -> dict[str, str]:
    """Return the state by each word for what belongs to it: Afghan and Afghans by Afghanistan."""
    return {word: entry[0] for entry in _entries() for word in entry[1:]}


@lru_cache(maxsize=1)
def state_words() -> frozenset[str]:
    """Return every word of a state's name, short or long, and of those for what belongs to it."""
    names = (*states(), *demonyms(), "US", "USA", "UK", "UAE")
    return frozenset(word for name in names for word in name.split())


def _entries() -> list[list[str]]:
    return [
        [word.replace("_", " ") for word in entry.split()]
        for entry in _STATES.split("|")
        if entry.strip()
    ]
