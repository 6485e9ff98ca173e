BEGIN TRANSACTION;
CREATE TABLE "Auction" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	title VARCHAR(191) NOT NULL, 
	description VARCHAR(191) NOT NULL, 
	type VARCHAR(4) NOT NULL, 
	current_product VARCHAR(191), 
	product_description VARCHAR(191), 
	"actualPrice" INTEGER NOT NULL, 
	"minBidPrice" INTEGER NOT NULL, 
	"bidPrice" INTEGER NOT NULL, 
	quantity INTEGER DEFAULT 1 NOT NULL, 
	"expiryDate" DATETIME NOT NULL, 
	"startDate" DATETIME, 
	"isLive" BOOLEAN DEFAULT 0 NOT NULL, 
	"isExpired" BOOLEAN DEFAULT 0 NOT NULL, 
	"isCanceled" BOOLEAN DEFAULT 0 NOT NULL, 
	"isEnded" BOOLEAN DEFAULT 0 NOT NULL, 
	image_url VARCHAR(191) NOT NULL, 
	user_id INTEGER, 
	winning_user_id INTEGER, 
	category_id INTEGER NOT NULL, 
	"createdAt" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL, 
	"updatedAt" DATETIME NOT NULL, 
	CONSTRAINT auctiontype CHECK (type IN ('Live', 'Open')), 
	CONSTRAINT "Auction_user_id_fkey" FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE, 
	CONSTRAINT "Auction_winning_user_id_fkey" FOREIGN KEY(winning_user_id) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE, 
	CONSTRAINT "Auction_category_id_fkey" FOREIGN KEY(category_id) REFERENCES categories (id) ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "Auction" VALUES(1,'Evening sale','','Live','Silver Necklace',NULL,240,120,120,1,'2026-12-26 09:23:35.279000',NULL,1,0,0,0,'',1,3,1,'2026-11-26 09:23:35.279000','2026-11-26 09:23:35.351000');
CREATE TABLE "Auction_bids" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	auction_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	bid INTEGER NOT NULL, 
	"createdAt" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL, 
	"updatedAt" DATETIME NOT NULL, 
	CONSTRAINT "Auction_bids_auction_id_fkey" FOREIGN KEY(auction_id) REFERENCES "Auction" (id) ON DELETE CASCADE ON UPDATE CASCADE, 
	CONSTRAINT "Auction_bids_user_id_fkey" FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "Auction_bids" VALUES(5,1,2,150,'2026-11-26 09:23:35.342000','2026-11-26 09:23:35.342000');
INSERT INTO "Auction_bids" VALUES(6,1,3,200,'2026-11-26 09:23:35.342000','2026-11-26 09:23:35.342000');
INSERT INTO "Auction_bids" VALUES(7,1,2,260,'2026-11-26 09:23:35.360000','2026-11-26 09:23:35.360000');
CREATE TABLE "Auction_comments" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	auction_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	comment VARCHAR(191) NOT NULL, 
	"createdAt" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL, 
	"updatedAt" DATETIME NOT NULL, 
	CONSTRAINT "Auction_comments_auction_id_fkey" FOREIGN KEY(auction_id) REFERENCES "Auction" (id) ON DELETE CASCADE ON UPDATE CASCADE, 
	CONSTRAINT "Auction_comments_user_id_fkey" FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "Auction_comments" VALUES(2,1,1,'Handmade','2026-11-26 09:23:35.342000','2026-11-26 09:23:35.342000');
INSERT INTO "Auction_comments" VALUES(3,1,2,'Lovely','2026-11-26 09:23:35.351000','2026-11-26 09:23:35.351000');
INSERT INTO "Auction_comments" VALUES(4,1,3,'Schöner als Ω, ''ja'' – 💍 مرحبا','2026-11-26 09:23:35.366000','2026-11-26 09:23:35.366000');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE auction_events (
	auction_id INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	round INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	user_id INTEGER, 
	data TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	hash CHAR(64) NOT NULL, 
	PRIMARY KEY (auction_id, seq)
);
INSERT INTO "auction_events" VALUES(1,1,0,'adopted',NULL,'{"canceled":false,"ended":false,"high":null,"live":false,"lot":null,"owner_id":1}','2026-11-26 09:23:35.288000','7aa8d130ceb37c7d185dc18b828021cf050f46fbf446d76cf78d5c6c925f38df');
INSERT INTO "auction_events" VALUES(1,2,0,'started',1,'{}','2026-11-26 09:23:35.288000','2323032015acd5265b880f6bd893832e85b1541b4072c020949ea7adcfc4fbab');
INSERT INTO "auction_events" VALUES(1,3,1,'lot_opened',1,'{"lot":{"market_price":1600,"minimum_price":800,"product":"Gold Ring","start_price":800}}','2026-11-26 09:23:35.288000','2bb71da1522a242395e179a2bd4dc2e825c951fd5df65528fbe143197cd605db');
INSERT INTO "auction_events" VALUES(1,4,1,'bid',2,'{"amount":800,"bid_id":1}','2026-11-26 09:23:35.300000','3b2c49044ea9115ef615b02a6420b26077b2a56ccc70c212f2c8b7d82b1e88b0');
INSERT INTO "auction_events" VALUES(1,5,1,'comment',3,'{"comment":"Is it 18K?","comment_id":1}','2026-11-26 09:23:35.300000','70812d4ae79bf81b7acb05f392a395a6cbfc7c263a8e7acf48911419b3b29b62');
INSERT INTO "auction_events" VALUES(1,6,1,'bid',3,'{"amount":950,"bid_id":2}','2026-11-26 09:23:35.311000','5d460c1b23b0e7a22a2832d2765affc426bba01ae9257c860c2006d86ddf6c70');
INSERT INTO "auction_events" VALUES(1,7,1,'bid',2,'{"amount":1000,"bid_id":3}','2026-11-26 09:23:35.311000','e24251948cf83640a02d98860015a9df353eb2fbffade32698b6f36572a5ee72');
INSERT INTO "auction_events" VALUES(1,8,1,'bid',3,'{"amount":1200,"bid_id":4}','2026-11-26 09:23:35.311000','35c4996dbc4eb5cd353310cec36343a7ae5b102e5a954c615fc7a56ae95462ce');
INSERT INTO "auction_events" VALUES(1,9,1,'awarded',1,'{"high":{"amount":1200,"at":"2026-11-26T09:23:35.311Z","bid_id":4,"user_id":3},"product":"Gold Ring","weight":"5.2g","winning_id":1}','2026-11-26 09:23:35.321000','b9661ed6f567ed6cd0a1d6d458c045c99945fc040b6d7655aaf3f5f153d1ab6e');
INSERT INTO "auction_events" VALUES(1,10,2,'lot_opened',1,'{"lot":{"market_price":200,"minimum_price":100,"product":"Silver Necklace","start_price":100}}','2026-11-26 09:23:35.334000','f57854b75bc680a21525fa711f37d1a4114f6820f20bebe62db91b1fed223609');
INSERT INTO "auction_events" VALUES(1,11,2,'bid',2,'{"amount":150,"bid_id":5}','2026-11-26 09:23:35.342000','cf2aee3a1ee9e2418a71d85c5817c65d4efae5881787faf7164876c8165edd72');
INSERT INTO "auction_events" VALUES(1,12,2,'comment',1,'{"comment":"Handmade","comment_id":2}','2026-11-26 09:23:35.342000','4506b21e2a63e43f2cb736c19b2e60746d9d889c1ac648523cac9ea209645096');
INSERT INTO "auction_events" VALUES(1,13,2,'bid',3,'{"amount":200,"bid_id":6}','2026-11-26 09:23:35.342000','c5d3c854b6fd37d4841843a1eedec849357cabbef9c6630186f6d6ad781aa939');
INSERT INTO "auction_events" VALUES(1,14,2,'lot_repriced',1,'{"lot":{"market_price":240,"minimum_price":120,"product":"Silver Necklace","start_price":120}}','2026-11-26 09:23:35.351000','f14d8539b00b3801299338e7d4172de1c3552e5b012e706439dc269eb8735259');
INSERT INTO "auction_events" VALUES(1,15,2,'comment',2,'{"comment":"Lovely","comment_id":3}','2026-11-26 09:23:35.351000','2a0ce6cefee53d159b7abac12d0e506d97d993c4ad95c30dc51d4ec924e17aa0');
INSERT INTO "auction_events" VALUES(1,16,2,'bid',2,'{"amount":260,"bid_id":7}','2026-11-26 09:23:35.360000','7dc0141f7a0464449dce57c930c2ca2613220bcf1a5dfe32cdbb8bd719f62b32');
INSERT INTO "auction_events" VALUES(1,17,2,'comment',3,'{"comment":"Sch\u00f6ner als \u03a9, ''ja'' \u2013 \ud83d\udc8d \u0645\u0631\u062d\u0628\u0627","comment_id":4}','2026-11-26 09:23:35.366000','bb0ddfab734a95824d781a2c12d66bf6254c2511676b8883a8eaa8b4252cb11b');
CREATE TABLE auction_requests (
	user_id INTEGER NOT NULL, 
	request_hash CHAR(64) NOT NULL, 
	auction_id INTEGER NOT NULL, 
	fingerprint CHAR(64) NOT NULL, 
	outcome TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (user_id, request_hash)
);
INSERT INTO "auction_requests" VALUES(2,'10a2c1b25d3da5385aa8d0b4dfcc674458e1f1d42a75ef4e72085a4a66ccd225',1,'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','{"accepted": {"auctionId": 1, "seq": 15, "round": 2, "bidId": 7}}','2026-03-14 19:22:05.417000');
CREATE TABLE categories (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(191) NOT NULL, 
	pic_url VARCHAR(191) NOT NULL, 
	"createdAt" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL, 
	"updatedAt" DATETIME NOT NULL
);
INSERT INTO "categories" VALUES(1,'General','','2026-11-26 09:23:35.279000','2026-11-26 09:23:35.279000');
CREATE TABLE users (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(191) NOT NULL, 
	type VARCHAR(6) NOT NULL, 
	category_id INTEGER, 
	number VARCHAR(191) NOT NULL, 
	"otpCode" VARCHAR(191), 
	"createdAt" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL, 
	"updatedAt" DATETIME NOT NULL, 
	CONSTRAINT usertype CHECK (type IN ('Normal', 'Expert')), 
	CONSTRAINT users_category_id_fkey FOREIGN KEY(category_id) REFERENCES categories (id) ON DELETE SET NULL ON UPDATE CASCADE
);
INSERT INTO "users" VALUES(1,'Amina','Normal',NULL,'+923001112201',NULL,'2026-11-26 09:23:35.271000','2026-11-26 09:23:35.271000');
INSERT INTO "users" VALUES(2,'Bilal','Normal',NULL,'+923001112202',NULL,'2026-11-26 09:23:35.276000','2026-11-26 09:23:35.276000');
INSERT INTO "users" VALUES(3,'Dina','Normal',NULL,'+923001112203',NULL,'2026-11-26 09:23:35.278000','2026-11-26 09:23:35.278000');
CREATE TABLE winnings (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	auction_id INTEGER, 
	product VARCHAR(191) NOT NULL, 
	price INTEGER NOT NULL, 
	weight VARCHAR(191), 
	sold BOOLEAN DEFAULT 0 NOT NULL, 
	"createdAt" DATETIME DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')) NOT NULL, 
	"updatedAt" DATETIME NOT NULL, 
	CONSTRAINT winnings_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE, 
	CONSTRAINT winnings_auction_id_fkey FOREIGN KEY(auction_id) REFERENCES "Auction" (id) ON DELETE SET NULL ON UPDATE CASCADE
);
INSERT INTO "winnings" VALUES(1,3,1,'Gold Ring',1200,'5.2g',0,'2026-11-26 09:23:35.321000','2026-11-26 09:23:35.321000');
CREATE INDEX auction_requests_at_idx ON auction_requests (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',3);
INSERT INTO "sqlite_sequence" VALUES('categories',1);
INSERT INTO "sqlite_sequence" VALUES('Auction',1);
INSERT INTO "sqlite_sequence" VALUES('Auction_bids',7);
INSERT INTO "sqlite_sequence" VALUES('Auction_comments',4);
INSERT INTO "sqlite_sequence" VALUES('winnings',1);
COMMIT;
