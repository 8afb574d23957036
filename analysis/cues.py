"""Cues: the words in and around names by which one tells what they name."""

HONORIFICS = frozenset(
    "maulvi mawlawi maulawi molvi moulvi mawlavi mullah mulla mollah sheikh shaykh sheik shaikh "
    "qari kari hafiz haji hajji hajj mufti imam ayatollah hojatoleslam sayyid sayyed sayed syed "
    "ustad khalifa akhund agha mr mrs ms dr don sir lady lord".split()
)
"""Forms of address that go with a name and are shown as part of it."""

KUNYAS = frozenset("abu abou ebu umm um bu".split())
"""Father or mother of: what begins with it is a person's name, often a fighter's chosen one."""

NAME_PARTICLES = frozenset(
    "al el ul ad an ar as ash at az bin ibn bint ben ud ur de van von".split()
)

ROLE_NOUNS = frozenset(
    "leader leaders head chief commander commanders governor minister spokesman spokeswoman "
    "spokesperson president chairman chairwoman chair director deputy member members founder "
    "co-founder ideologist cleric preacher scholar expert analyst researcher lecturer professor "
    "specialist journalist general colonel major captain lieutenant brigadier admiral marshal "
    "sergeant corporal emir caliph king queen prince princess sultan senator congressman "
    "ambassador envoy secretary representative official officer mayor judge prosecutor lawyer "
    "attorney planner mastermind operative bomber fighter militant financier recruiter trainer "
    "instructor propagandist editor author correspondent reporter bishop archbishop priest pope "
    "father politician lawmaker deputy-governor vice-president premier chancellor coordinator "
    "adviser advisor counselor rector dean manager owner engineer teacher student sniper gunman "
    "brother sister son daughter father-in-law brother-in-law cousin uncle nephew wife husband "
    "widow successor predecessor aide bodyguard second-in-command veteran militiaman inspector "
    "detective superintendent candidate councillor councilor delegate negotiator mediator "
    "economist historian leader-designate minister-designate head-of-state strongman warlord "
    "figure".split()
)
"""What a person can be, in one word; capitalised before a name it is a title."""

GROUP_HEADS = frozenset(
    "movement front brigade brigades battalion battalions militia militias network group faction "
    "jihad mujahideen mujahidin resistance guerrillas rebels alliance coalition emirate caliphate "
    "province wilayat wilayah vilayet cell cells squad gang cartel insurgency insurgents "
    "vanguard fedayeen martyrs lashkar jaish jaysh harakat jamaat jamaah jemaah hizb ansar ahrar "
    "liwa katibat tehreek tehrik tehrek militants separatists liberation army-faction "
    "confederation clan tribe".split()
)
"""Nouns that name armed or political groups."""

INSTITUTION_HEADS = frozenset(
    "ministry department office agency directorate commission committee council parliament senate "
    "congress assembly court tribunal bank university college institute institution center "
    "centre foundation academy police army navy guard guards force forces corps command staff "
    "chiefs military government administration union organization organisation "
    "nations association federation league society bureau service services authority party house "
    "cabinet judiciary intelligence company corporation times post journal news tribune "
    "herald gazette daily weekly magazine press television tv radio broadcasting media observatory "
    "initiative think-tank treasury pentagon kremlin secretariat presidency republic "
    "mission division regiment fund group-of-experts board".split()
)
"""Nouns that name bodies of states, bodies between states, media, firms and places of learning."""

OF_HEADS = frozenset(
    "ministry department office agency directorate commission committee council parliament court "
    "bank university college school institute center centre chiefs house union organization "
    "organisation emirate republic front army movement party league society bureau service "
    "secretariat state states province kingdom brigades brigade front forces association "
    "federation head authority academy assembly group".split()
)
"""Those that go on with "of": Ministry of Justice, Emirate of Khorasan."""

PLACE_HEADS = frozenset(
    "province district city town village river valley street road avenue square airport hotel "
    "mosque camp prison mountain mountains pass bridge market hospital gate region area county "
    "island islands sea ocean desert lake dam port station border capital governorate zone "
    "peninsula park building compound base neighborhood neighbourhood highway embassy-compound "
    "plaza stadium checkpoint tower cathedral temple shrine refinery".split()
)
"""Nouns that name places."""

OTHER_HEADS = frozenset(
    "agreement treaty deal accord accords pact war wars day act law resolution report conference "
    "summit operation operations attack attacks bombing protocol plan program programme project "
    "process spring revolution declaration constitution charter convention century era festival "
    "ramadan eid christmas easter islam sharia jihadism islamism communism election elections "
    "date access accession photo graphics caption source published ibid index dialogue talks "
    "campaign doctrine strategy crisis uprising spokesmanship award prize cup flag inc".split()
)
"""Nouns that name neither actors nor places."""

GIVEN_NAMES = frozenset(
    "mohammad mohammed muhammad mohamed muhamad mehmet ahmad ahmed ahmet abdul abdullah abdallah "
    "abdulrahman abdurrahman abdel ali hassan hasan hussein husain hussain hossein omar umar omer "
    "usman othman osman uthman khalid khaled ibrahim ismail ishaq yusuf yousef youssef yaqub "
    "mustafa mahmoud mahmood mahmud hamid hamed karim rahim rahman aziz nasir nasser naser tariq "
    "tarek said saeed saif sami salman salim saleem sultan bilal jamal kamal iqbal imran haider "
    "haydar hakim hafez zabihullah hibatullah haibatullah sirajuddin jalaluddin gulbuddin "
    "burhanuddin asadullah habibullah rahmatullah amanullah faizullah najibullah sanaullah "
    "baitullah hakimullah mansour mansur akhtar ghani ashraf fuad faisal fahd farooq faruq qasem "
    "qassem bashar marwan walid ayman osama usama anwar shahab riccardo michael mark john james "
    "robert william david george peter paul thomas charles joseph richard daniel antonio jose juan "
    "carlos luis jorge manuel francisco pedro miguel rafael fernando mario roberto alfredo jesus "
    "oscar julio cesar hugo eduardo ricardo javier colin neda vladimir sergei ivan dmitry "
    "aleksandr alexander andrei maria anna sarah mary fatima aisha".split()
)
"""Common given names of the regions that reports are about."""

FOLLOWERS = frozenset(
    "militants militant fighters fighter members member rebels rebel insurgents insurgent gunmen "
    "gunman terrorists terrorist guerrillas guerrilla commander commanders leader leaders "
    "operatives operative cell cells supporters militiamen jihadists loyalists affiliate "
    "affiliates faction attacks attack".split()
)
"""What stands after a group's name: its people and what they do."""

GROUP_NOUNS = frozenset(
    "organization organisation group movement militia network branch faction affiliate insurgents "
    "rebels militants outfit gang guerrillas army".split()
)
"""What stands before a group's name: the terrorist organization ISKP."""

SPEECH_VERBS = frozenset(
    "said says say stated states state announced announces announce claimed claims claim told "
    "tells tell declared declares declare added adds add warned warns warn explained explains "
    "explain argued argues argue confirmed confirms confirm denied denies deny insisted insists "
    "insist acknowledged acknowledges acknowledge noted notes note reported reports report accused "
    "accuses accuse called calls maintained maintains vowed vows promised promises described "
    "describes describe rejected rejects reject condemned condemns condemn asserted asserts "
    "stressed emphasized emphasised suggested suggests urged urges threatened threatens predicted "
    "predicts remarked mocked mocks scoffs reasoned complained expressed expresses pointed "
    "recounted criticized criticised criticizes criticises judges doubts believes fears wrote "
    "writes demanded demands pledged pledges revealed reveals alleged alleges replied replies "
    "responded praised praises".split()
)
"""Verbs whose subject says something."""

OFFICES = ROLE_NOUNS - frozenset(
    "emir sultan king prince princess queen caliph marshal father mother brother sister son "
    "daughter student judge don pope".split()
)
"""Role nouns that are no part of a name when they stand capitalised before it."""
