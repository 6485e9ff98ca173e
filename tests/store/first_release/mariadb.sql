SET NAMES utf8mb4;
SET FOREIGN_KEY_CHECKS = 0;
CREATE TABLE `categories` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(191) NOT NULL,
  `pic_url` varchar(191) NOT NULL,
  `createdAt` datetime(3) NOT NULL DEFAULT current_timestamp(3),
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `categories` VALUES (1, 'General', '', '2026-11-26 09:23:36.184', '2026-11-26 09:23:36.184');
CREATE TABLE `users` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(191) NOT NULL,
  `type` enum('Normal','Expert') NOT NULL,
  `category_id` int(11) DEFAULT NULL,
  `number` varchar(191) NOT NULL,
  `otpCode` varchar(191) DEFAULT NULL,
  `createdAt` datetime(3) NOT NULL DEFAULT current_timestamp(3),
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `users_category_id_fkey` (`category_id`),
  CONSTRAINT `users_category_id_fkey` FOREIGN KEY (`category_id`) REFERENCES `categories` (`id`) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `users` VALUES (1, 'Amina', 'Normal', NULL, '+923001112201', NULL, '2026-11-26 09:23:36.174', '2026-11-26 09:23:36.174');
INSERT INTO `users` VALUES (2, 'Bilal', 'Normal', NULL, '+923001112202', NULL, '2026-11-26 09:23:36.181', '2026-11-26 09:23:36.181');
INSERT INTO `users` VALUES (3, 'Dina', 'Normal', NULL, '+923001112203', NULL, '2026-11-26 09:23:36.183', '2026-11-26 09:23:36.183');
CREATE TABLE `Auction` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `title` varchar(191) NOT NULL,
  `description` varchar(191) NOT NULL,
  `type` enum('Live','Open') NOT NULL,
  `current_product` varchar(191) DEFAULT NULL,
  `product_description` varchar(191) DEFAULT NULL,
  `actualPrice` int(11) NOT NULL,
  `minBidPrice` int(11) NOT NULL,
  `bidPrice` int(11) NOT NULL,
  `quantity` int(11) NOT NULL DEFAULT 1,
  `expiryDate` datetime(3) NOT NULL,
  `startDate` datetime(3) DEFAULT NULL,
  `isLive` tinyint(1) NOT NULL DEFAULT 0,
  `isExpired` tinyint(1) NOT NULL DEFAULT 0,
  `isCanceled` tinyint(1) NOT NULL DEFAULT 0,
  `isEnded` tinyint(1) NOT NULL DEFAULT 0,
  `image_url` varchar(191) NOT NULL,
  `user_id` int(11) DEFAULT NULL,
  `winning_user_id` int(11) DEFAULT NULL,
  `category_id` int(11) NOT NULL,
  `createdAt` datetime(3) NOT NULL DEFAULT current_timestamp(3),
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `Auction_user_id_fkey` (`user_id`),
  KEY `Auction_winning_user_id_fkey` (`winning_user_id`),
  KEY `Auction_category_id_fkey` (`category_id`),
  CONSTRAINT `Auction_category_id_fkey` FOREIGN KEY (`category_id`) REFERENCES `categories` (`id`) ON UPDATE CASCADE,
  CONSTRAINT `Auction_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT `Auction_winning_user_id_fkey` FOREIGN KEY (`winning_user_id`) REFERENCES `users` (`id`) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `Auction` VALUES (1, 'Evening sale', '', 'Live', 'Silver Necklace', NULL, 240, 120, 120, 1, '2026-12-26 09:23:36.184', NULL, 1, 0, 0, 0, '', 1, 3, 1, '2026-11-26 09:23:36.184', '2026-11-26 09:23:36.226');
CREATE TABLE `Auction_bids` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `auction_id` int(11) NOT NULL,
  `user_id` int(11) NOT NULL,
  `bid` int(11) NOT NULL,
  `createdAt` datetime(3) NOT NULL DEFAULT current_timestamp(3),
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `Auction_bids_auction_id_fkey` (`auction_id`),
  KEY `Auction_bids_user_id_fkey` (`user_id`),
  CONSTRAINT `Auction_bids_auction_id_fkey` FOREIGN KEY (`auction_id`) REFERENCES `Auction` (`id`) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT `Auction_bids_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=8 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `Auction_bids` VALUES (5, 1, 2, 150, '2026-11-26 09:23:36.221', '2026-11-26 09:23:36.221');
INSERT INTO `Auction_bids` VALUES (6, 1, 3, 200, '2026-11-26 09:23:36.221', '2026-11-26 09:23:36.221');
INSERT INTO `Auction_bids` VALUES (7, 1, 2, 260, '2026-11-26 09:23:36.232', '2026-11-26 09:23:36.232');
CREATE TABLE `Auction_comments` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `auction_id` int(11) NOT NULL,
  `user_id` int(11) NOT NULL,
  `comment` varchar(191) NOT NULL,
  `createdAt` datetime(3) NOT NULL DEFAULT current_timestamp(3),
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `Auction_comments_auction_id_fkey` (`auction_id`),
  KEY `Auction_comments_user_id_fkey` (`user_id`),
  CONSTRAINT `Auction_comments_auction_id_fkey` FOREIGN KEY (`auction_id`) REFERENCES `Auction` (`id`) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT `Auction_comments_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `Auction_comments` VALUES (2, 1, 1, 'Handmade', '2026-11-26 09:23:36.221', '2026-11-26 09:23:36.221');
INSERT INTO `Auction_comments` VALUES (3, 1, 2, 'Lovely', '2026-11-26 09:23:36.226', '2026-11-26 09:23:36.226');
INSERT INTO `Auction_comments` VALUES (4, 1, 3, 'Schöner als Ω, ''ja'' – 💍 مرحبا', '2026-11-26 09:23:36.235', '2026-11-26 09:23:36.235');
CREATE TABLE `winnings` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `user_id` int(11) NOT NULL,
  `auction_id` int(11) DEFAULT NULL,
  `product` varchar(191) NOT NULL,
  `price` int(11) NOT NULL,
  `weight` varchar(191) DEFAULT NULL,
  `sold` tinyint(1) NOT NULL DEFAULT 0,
  `createdAt` datetime(3) NOT NULL DEFAULT current_timestamp(3),
  `updatedAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `winnings_user_id_fkey` (`user_id`),
  KEY `winnings_auction_id_fkey` (`auction_id`),
  CONSTRAINT `winnings_auction_id_fkey` FOREIGN KEY (`auction_id`) REFERENCES `Auction` (`id`) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT `winnings_user_id_fkey` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=2 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `winnings` VALUES (1, 3, 1, 'Gold Ring', 1200, '5.2g', 0, '2026-11-26 09:23:36.208', '2026-11-26 09:23:36.208');
CREATE TABLE `auction_events` (
  `auction_id` int(11) NOT NULL,
  `seq` int(11) NOT NULL,
  `round` int(11) NOT NULL,
  `kind` varchar(32) NOT NULL,
  `user_id` int(11) DEFAULT NULL,
  `data` longtext NOT NULL,
  `at` datetime(3) NOT NULL,
  `hash` char(64) NOT NULL,
  PRIMARY KEY (`auction_id`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `auction_events` VALUES (1, 1, 0, 'adopted', NULL, '{"canceled":false,"ended":false,"high":null,"live":false,"lot":null,"owner_id":1}', '2026-11-26 09:23:36.193', 'eb938748eef22ca5decc3dd27db93842383e9f4d793a758cd3918ea69070d8af');
INSERT INTO `auction_events` VALUES (1, 2, 0, 'started', 1, '{}', '2026-11-26 09:23:36.193', '5b45779f776bd9146ab6aba116aca199eff063ef80c6c8d1776895d47bbba2d4');
INSERT INTO `auction_events` VALUES (1, 3, 1, 'lot_opened', 1, '{"lot":{"market_price":1600,"minimum_price":800,"product":"Gold Ring","start_price":800}}', '2026-11-26 09:23:36.193', '8030e0a120f8d73247ef6901c77956720c5000152af594ffb1aee08bebf15741');
INSERT INTO `auction_events` VALUES (1, 4, 1, 'bid', 2, '{"amount":800,"bid_id":1}', '2026-11-26 09:23:36.199', '5a346f8e3182980f0487b88aad3643e64e8454b24b7fb28dda26335649d6c9f7');
INSERT INTO `auction_events` VALUES (1, 5, 1, 'comment', 3, '{"comment":"Is it 18K?","comment_id":1}', '2026-11-26 09:23:36.199', 'e4c425576389002a0ef31779d1e638feb976e81830fa7317491694ba81b9feeb');
INSERT INTO `auction_events` VALUES (1, 6, 1, 'bid', 3, '{"amount":950,"bid_id":2}', '2026-11-26 09:23:36.204', '094bfbbe3dafc2aa036e689c68f380ccb3a4d897de9c1f2c2bde5f42d770960b');
INSERT INTO `auction_events` VALUES (1, 7, 1, 'bid', 2, '{"amount":1000,"bid_id":3}', '2026-11-26 09:23:36.204', '8d26e6eb46197d54d719188f222c7457fd4ae3c77e5dfde85a1ba6f58411bc3f');
INSERT INTO `auction_events` VALUES (1, 8, 1, 'bid', 3, '{"amount":1200,"bid_id":4}', '2026-11-26 09:23:36.204', 'b9b9bd1a55a39c88a10d7d91a862e7b8ccdc1397f124b3a73360e88963d013a9');
INSERT INTO `auction_events` VALUES (1, 9, 1, 'awarded', 1, '{"high":{"amount":1200,"at":"2026-11-26T09:23:36.204Z","bid_id":4,"user_id":3},"product":"Gold Ring","weight":"5.2g","winning_id":1}', '2026-11-26 09:23:36.208', 'cc23faa0a10fd2634731f953beaa8d6d4e2b5d64a035427225efb77b1ae27e7e');
INSERT INTO `auction_events` VALUES (1, 10, 2, 'lot_opened', 1, '{"lot":{"market_price":200,"minimum_price":100,"product":"Silver Necklace","start_price":100}}', '2026-11-26 09:23:36.216', '84d65b894045ec42b9946b217ead6b4ac3a6a79a7e26888a3ce07e721f9df9a4');
INSERT INTO `auction_events` VALUES (1, 11, 2, 'bid', 2, '{"amount":150,"bid_id":5}', '2026-11-26 09:23:36.221', '9fe17fcb5b89c21dc5671e18bc3a421f7d5f614e8494f16fafde3186c041fad6');
INSERT INTO `auction_events` VALUES (1, 12, 2, 'comment', 1, '{"comment":"Handmade","comment_id":2}', '2026-11-26 09:23:36.221', '9b77578579bf9d6a5559e2077d64be92da47ddb3ea71bcf101d95cf55b974e9e');
INSERT INTO `auction_events` VALUES (1, 13, 2, 'bid', 3, '{"amount":200,"bid_id":6}', '2026-11-26 09:23:36.221', 'dc56861c7d048cd924b0e84d6a3e8d4a7e97dba3f35221cc8218c3be74720389');
INSERT INTO `auction_events` VALUES (1, 14, 2, 'lot_repriced', 1, '{"lot":{"market_price":240,"minimum_price":120,"product":"Silver Necklace","start_price":120}}', '2026-11-26 09:23:36.226', '1710ef133f90263b2803512af1d0a29300a196730dc9e808f26700482490246e');
INSERT INTO `auction_events` VALUES (1, 15, 2, 'comment', 2, '{"comment":"Lovely","comment_id":3}', '2026-11-26 09:23:36.226', 'a44fed9835692b824c9d74eefb26bcdc7e43d529484d8f19356c83066f89d5f3');
INSERT INTO `auction_events` VALUES (1, 16, 2, 'bid', 2, '{"amount":260,"bid_id":7}', '2026-11-26 09:23:36.232', '4e1e80bf7fc3ce16cc2f4f0dc802179315125b566cf293e370da6b5eb135502f');
INSERT INTO `auction_events` VALUES (1, 17, 2, 'comment', 3, '{"comment":"Sch\\u00f6ner als \\u03a9, ''ja'' \\u2013 \\ud83d\\udc8d \\u0645\\u0631\\u062d\\u0628\\u0627","comment_id":4}', '2026-11-26 09:23:36.235', '79a6c0f8683e0d00dc623684e04f70566011ff08dbad19efe739316eb23ac4e1');
CREATE TABLE `auction_requests` (
  `user_id` int(11) NOT NULL,
  `request_hash` char(64) NOT NULL,
  `auction_id` int(11) NOT NULL,
  `fingerprint` char(64) NOT NULL,
  `outcome` longtext NOT NULL,
  `at` datetime(3) NOT NULL,
  PRIMARY KEY (`user_id`,`request_hash`),
  KEY `auction_requests_at_idx` (`at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT INTO `auction_requests` VALUES (2, '10a2c1b25d3da5385aa8d0b4dfcc674458e1f1d42a75ef4e72085a4a66ccd225', 1, 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', '{"accepted": {"auctionId": 1, "seq": 15, "round": 2, "bidId": 7}}', '2026-03-14 19:22:05.417');
CREATE TABLE `alembic_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO `alembic_version` VALUES ('0003');
SET FOREIGN_KEY_CHECKS = 1;
