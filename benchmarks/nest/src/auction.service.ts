import { Injectable } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { PrismaService } from './prisma.service.js';

export interface Ask {
  auctionId: number;
}

export interface Bid extends Ask {
  amount: number;
}

export interface Lot extends Ask {
  product: string;
  minBidPrice: number;
  bidPrice: number;
  actualPrice: number;
}

@Injectable()
export class AuctionService {
  constructor(private readonly prisma: PrismaService) {}

  async start(auctionId: number, userId: number) {
    await this.requireOwner(auctionId, userId);
    return this.prisma.auction.update({ where: { id: auctionId }, data: { isLive: true } });
  }

  async requireLive(auctionId: number) {
    const auction = await this.prisma.auction.findUnique({ where: { id: auctionId } });
    if (!auction?.isLive) throw new WsException('Auction has not started yet.');
  }

  /** The bids go, too, as they do when a lot is awarded: the list stays as short as in a sale. */
  async changeProduct(userId: number, { auctionId, product, ...prices }: Lot) {
    await this.requireOwner(auctionId, userId);
    await this.prisma.$transaction([
      this.prisma.auction_bids.deleteMany({ where: { auction_id: auctionId } }),
      this.prisma.auction.update({
        where: { id: auctionId },
        data: { current_product: product, ...prices },
      }),
    ]);
  }

  async placeBid(userId: number, { auctionId, amount }: Bid) {
    const newBid = await this.prisma.$transaction(async (tx) => {
      const auction = await tx.auction.findUnique({
        where: { id: auctionId },
        include: { Auction_bids: { orderBy: { bid: 'desc' }, take: 1 } },
      });
      if (!auction) throw new WsException('Auction not found!');
      if (!auction.isLive) throw new WsException('Auction has not started yet.');
      const current = auction.Auction_bids[0]?.bid ?? 0;
      if (amount <= current) {
        throw new WsException(`Bid must be higher than the current bid (${current})`);
      }
      return tx.auction_bids.create({
        data: { auction_id: auctionId, user_id: userId, bid: amount },
        include: { user: true },
      });
    });
    const auctionBids = await this.prisma.auction_bids.findMany({
      where: { auction_id: auctionId },
      include: { user: true },
      orderBy: { createdAt: 'desc' },
    });
    return { newBid, auctionBids };
  }

  private async requireOwner(auctionId: number, userId: number) {
    const auction = await this.prisma.auction.findUnique({ where: { id: auctionId } });
    if (auction?.user_id !== userId) throw new WsException('Unauthorized or Auction not found');
  }
}
